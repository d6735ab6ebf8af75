"""
What a map holds that carries its data with it: cells in colours, outlines, stations, numbered places.

Ordinary folium elements, for a page that opens from disk and for notebooks. Every text they are given reaches the page
as JSON and is set as text: folium's own popups and tooltips would print a station's name as HTML.
"""

from __future__ import annotations

import base64
import weakref
from collections.abc import Mapping, Sequence

import folium
from folium.map import Layer
from folium.template import Template

from geo.services.coverage import CoverageAnswer
from geo.snapshot.model import Snapshot
from geo.types import Box, Floats
from web_map.figure import LatticeLayer
from web_map.lattice import LatticeFrame, minutes_to_bytes, people_to_bytes, shares_to_bytes

COLUMNS = ("minutes", "share", "people")
"""What every cell of `cells_address` says, in the order of the columns."""

LATTICE_TYPE = "application/octet-stream"


class PaintedCells(LatticeLayer):
    """
    Cells in the colours of their minutes; a click says what a cell holds.

    `colours` has one entry per byte (None: not drawn), `words` the labels `minutes` and `people` of the popup.
    """

    _template = Template("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.h3Lattice({{ this.url|tojson }}, {{ this.painted|tojson }});
      (function (layer, colours, words) {
        layer.setColours(function (byte) { return colours[byte]; });
        layer.on("cell", function (event) {
          var said = document.createElement("div"), minutes = event.values.minutes;
          said.textContent = words.minutes + ": " + (minutes < 254 ? (minutes / 4).toFixed(1) : "–") +
            " · " + words.people + ": " + Math.round(Math.expm1(event.values.people / 20)).toLocaleString("en");
          L.popup().setLatLng(event.latlng).setContent(said).openOn({{ this._parent.get_name() }});
        });
      })({{ this.get_name() }}, {{ this.colours|tojson }}, {{ this.words|tojson }});
    {% endmacro %}""")

    def __init__(
        self, address: str, *, colours: Sequence[str | None], words: Mapping[str, str], masked: bool = True
    ) -> None:
        super().__init__(address, name="cells")
        self.painted = {"columns": list(COLUMNS), "column": "minutes", "mask": "people" if masked else None}
        self.colours, self.words = list(colours), dict(words)


class Outlines(Layer):
    """Rings of positions (longitude, latitude) as lines; nothing to click."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.polyline({{ this.rings|tojson }},
        { color: "#33424f", weight: {{ this.weight|tojson }}, interactive: false, smoothFactor: 0 });
    {% endmacro %}""")

    def __init__(self, rings: Sequence[Floats], *, weight: float = 1.5) -> None:
        super().__init__(name="outlines", overlay=True, control=False, show=True)
        self._name = "Outlines"
        self.rings = [ring[:, ::-1].round(5).tolist() for ring in rings]
        self.weight = weight


class Dots(Layer):
    """Stations as points (longitude, latitude, text); the text shows when one is pointed at or clicked."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.layerGroup();
      {{ this.dots|tojson }}.forEach(function (dot) {
        var said = document.createElement("div");
        said.textContent = dot[2];
        L.circleMarker([dot[1], dot[0]],
            { radius: 3.5, weight: 0.8, color: "#fff", fillColor: "#14202b", fillOpacity: 1 })
          .bindTooltip(said).bindPopup(said.cloneNode(true)).addTo({{ this.get_name() }});
      });
    {% endmacro %}""")

    def __init__(self, dots: Sequence[tuple[float, float, str]]) -> None:
        super().__init__(name="stations", overlay=True, control=False, show=True)
        self._name = "Dots"
        self.dots = [(round(lon, 6), round(lat, 6), text) for lon, lat, text in dots]


class Numbers(Layer):
    """Places with a number (longitude, latitude, number, text), the text in a popup."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.layerGroup();
      {{ this.places|tojson }}.forEach(function (place) {
        var said = document.createElement("div"), number = document.createElement("div");
        said.textContent = place[3];
        number.textContent = place[2];
        Object.assign(number.style, { width: "24px", height: "24px", lineHeight: "20px", border: "2px solid #8a1414",
          borderRadius: "50%", background: "#fff", color: "#8a1414", fontWeight: "bold", textAlign: "center" });
        L.marker([place[1], place[0]], { icon: L.divIcon({ className: "", html: number, iconSize: [24, 24] }) })
          .bindPopup(said).addTo({{ this.get_name() }});
      });
    {% endmacro %}""")

    def __init__(self, places: Sequence[tuple[float, float, int, str]]) -> None:
        super().__init__(name="gaps", overlay=True, control=False, show=True)
        self._name = "Numbers"
        self.places = [(round(lon, 6), round(lat, 6), number, text) for lon, lat, number, text in places]


class NoPrefix(Layer):
    """Says what the map is drawn from in place of the library's advertisement, and shows a scale."""

    _template = Template("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.layerGroup();
      {{ this._parent.get_name() }}.attributionControl.setPrefix(false);
      {{ this._parent.get_name() }}.getContainer().style.background = "#e9eff4";
      L.control.scale({ imperial: false }).addTo({{ this._parent.get_name() }});
    {% endmacro %}""")

    def __init__(self) -> None:
        super().__init__(name="frame", overlay=True, control=False, show=True)
        self._name = "Frame"


def plain_map(box: Box) -> folium.Map:
    """A folium map of a box without a base map, and with no link to anything but Leaflet."""
    middle = ((box.south + box.north) / 2, (box.west + box.east) / 2)
    # zoomed in quarters, so that a city fills the frame instead of the half of it
    chart = folium.Map(location=middle, tiles=None, prefer_canvas=True, maxZoom=18, zoomSnap=0.25, zoomDelta=0.5)
    chart.fit_bounds([[box.south, box.west], [box.north, box.east]])
    return chart


_frames: weakref.WeakKeyDictionary[Snapshot, dict[str, LatticeFrame]] = weakref.WeakKeyDictionary()
"""Where the cells of every snapshot in memory sit; they go when their snapshot goes."""


def frame_of(snapshot: Snapshot, mode: str) -> LatticeFrame:
    """Where the cells of a mode sit in the lattice, found once per snapshot."""
    kept = _frames.setdefault(snapshot, {})
    if mode not in kept:
        kept[mode] = LatticeFrame.of(snapshot.layer(mode).grid.cells)
    return kept[mode]


def cells_address(snapshot: Snapshot, answered: CoverageAnswer) -> str:
    """The cells of an answer with their minutes, shares and people as a `data:` address."""
    coverage, people = answered.coverage, answered.people
    columns = [minutes_to_bytes(coverage.time_ds), shares_to_bytes(coverage.share), people_to_bytes(people)]
    frame = frame_of(snapshot, answered.question.mode)
    return data_address(frame.encode_packed(columns, people > 0 if people.any() else people >= 0), LATTICE_TYPE)


def data_address(body: bytes, media_type: str) -> str:
    """Bytes as an address that holds them."""
    return f"data:{media_type};base64,{base64.b64encode(body).decode('ascii')}"
