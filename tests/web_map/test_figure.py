"""folium stays folium, but it may neither ask another origin for anything nor print what a register says."""

import folium
import pytest
from branca.element import Figure, JavascriptLink
from folium import plugins
from jinja2 import Environment

from web_map import assets
from web_map.assets import ExternalAsset
from web_map.figure import CarriedFileError, LatticeLayer, LocalFigure, RawTextElementError, hash_source, policy

FRAME = Environment(autoescape=True).from_string(
    "<style>{{style|safe}}</style><script>{{switches|safe}}</script>{{links|safe}}{{body|safe}}<script>{{script|safe}}</script>"
)
HOSTILE = "<img src=x onerror=alert(1)>`${alert(2)}"


def figure_of(*elements):
    figure = LocalFigure(FRAME)
    chart = folium.Map(location=(36, 120), tiles=None)
    for element in elements:
        element.add_to(chart)
    figure.add_child(chart)
    return figure


def test_a_map_asks_only_its_own_origin():
    page = figure_of(plugins.MarkerCluster(), LatticeLayer("/cells")).render()
    assert "//" not in page.replace("\n//", "")
    assert page.count("/static/vendor/leaflet/leaflet.") == 2
    assert "/static/vendor/markercluster/leaflet.markercluster." in page
    assert "/static/lattice." in page


CARRYING = Environment(autoescape=True).from_string(
    "<style>{{style|safe}}</style><script>{{switches|safe}}</script>{{links|safe}}{{body|safe}}"
    "{% for one in scripts %}<script>{{one|safe}}</script>{% endfor %}"
)


def carrying_figure():
    figure = LocalFigure(CARRYING, own=("planner.css", "tour.js"))
    chart = folium.Map(location=(36, 120), tiles=None)
    LatticeLayer("/cells").add_to(chart)
    figure.add_child(chart)
    return figure


def test_a_figure_with_files_of_its_own_carries_them_and_folium_s_too():
    page = carrying_figure().rendered()
    html = page.html.decode("utf-8")
    assert "<link" not in html
    assert "src=" not in html.replace(assets.text("vendor/leaflet/leaflet.js"), "")
    texts = [assets.text(name) for name in ("vendor/leaflet/leaflet.js", "lattice.js", "tour.js")]
    assert [html.count(text) for text in texts] == [1, 1, 1]
    assert html.index(texts[0]) < html.index(texts[1]) < html.index("L.map(") < html.index(texts[2])
    for text in texts:
        assert hash_source(text) in page.csp
    assert assets.text("planner.css") in html
    assert ".leaflet-container{" in html


def test_a_carried_file_that_would_end_its_element_stops_the_page(monkeypatch):
    monkeypatch.setattr(assets, "lookup", lambda path: assets.Asset("x.js", b"'</script>'", "text/javascript"))
    with pytest.raises(CarriedFileError, match=r"x\.js"):
        carrying_figure().rendered()


def test_a_link_hidden_beside_carried_files_still_stops_the_page():
    figure = carrying_figure()
    figure.html.add_child(folium.Element('<img src="//cdn.example/x.png">'))
    with pytest.raises(ExternalAsset, match=r"cdn\.example"):
        figure.rendered()


def test_an_unknown_link_stops_the_page():
    with pytest.raises(ExternalAsset, match="leaflet_heat"):
        figure_of(plugins.HeatMap([[36, 120]])).rendered()


def test_a_link_hidden_in_the_body_stops_the_page():
    figure = figure_of()
    figure.html.add_child(folium.Element('<img src="//cdn.example/x.png">'))
    with pytest.raises(ExternalAsset, match=r"cdn\.example"):
        figure.rendered()


def test_a_script_added_by_link_stops_the_page():
    figure = figure_of()
    figure.header.add_child(JavascriptLink("https://cdn.example/x.js"))
    with pytest.raises(ExternalAsset):
        figure.rendered()


@pytest.mark.parametrize(
    "element",
    [
        folium.Marker((36, 120), popup=HOSTILE),
        folium.Marker((36, 120), popup=folium.Popup(HOSTILE, parse_html=True)),
        folium.Marker((36, 120), tooltip=HOSTILE),
        folium.Marker((36, 120), icon=folium.DivIcon(HOSTILE)),
        folium.CircleMarker((36, 120), popup=HOSTILE),
        folium.LayerControl(),
    ],
    ids=["popup", "parsed popup", "tooltip", "icon", "circle popup", "layer names"],
)
def test_elements_that_print_text_unescaped_are_refused(element):
    with pytest.raises(RawTextElementError):
        figure_of(element).rendered()


def test_one_map_does_not_change_the_next():
    """folium's `add_js_link` edits a list shared by all maps; ours must not."""
    before = list(folium.Map.default_js)
    figure_of(LatticeLayer()).rendered()
    assert folium.Map.default_js == before
    plain = Figure()
    plain.add_child(folium.Map(tiles=None))
    assert "lattice" not in plain.render()


def test_the_policy_hashes_the_given_scripts_and_nothing_else():
    assert policy(["a"], []).split("; ")[1] == "script-src 'self' 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"
    assert policy().split("; ")[1] == "script-src 'self'"
