"""folium stays folium, but it may neither ask another origin for anything nor print what a register says."""

import folium
import pytest
from branca.element import Figure, JavascriptLink
from folium import plugins
from jinja2 import Environment

from web_map.assets import ExternalAsset
from web_map.figure import LatticeLayer, LocalFigure, RawTextElementError, policy

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
