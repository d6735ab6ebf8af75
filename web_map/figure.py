"""
folium without a foreign address: every asset comes from our own origin, or rendering fails.

folium and branca link to public content networks and print what they are given. A `LocalFigure` lets them do the
first only through an exact table, and does not let them do the second at all: elements that put text into a page raw
are refused, because pages get their text as JSON and set it with `textContent`. The Content-Security-Policy is made
from the scripts the figure itself rendered from such elements, never from what is found in the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import rcssmin
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template as FoliumTemplate
from folium.utilities import remove_empty
from jinja2 import Template

from geo.errors import YiquanError
from web_map import assets
from web_map.assets import Asset, ExternalAsset

_JSDELIVR = "https://cdn.jsdelivr.net"
_CDNJS = "https://cdnjs.cloudflare.com/ajax/libs"

LOCAL_FILES: Mapping[str, str | None] = {
    f"{_JSDELIVR}/npm/leaflet@1.9.3/dist/leaflet.js": "vendor/leaflet/leaflet.js",
    f"{_JSDELIVR}/npm/leaflet@1.9.3/dist/leaflet.css": "vendor/leaflet/leaflet.css",
    f"{_CDNJS}/leaflet.markercluster/1.1.0/leaflet.markercluster.js": "vendor/markercluster/leaflet.markercluster.js",
    f"{_CDNJS}/leaflet.markercluster/1.1.0/MarkerCluster.css": "vendor/markercluster/MarkerCluster.css",
    f"{_CDNJS}/leaflet.markercluster/1.1.0/MarkerCluster.Default.css": None,
    "https://code.jquery.com/jquery-3.7.1.min.js": None,
    f"{_JSDELIVR}/npm/bootstrap@5.2.2/dist/js/bootstrap.bundle.min.js": None,
    f"{_JSDELIVR}/npm/bootstrap@5.2.2/dist/css/bootstrap.min.css": None,
    f"{_CDNJS}/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.js": None,
    f"{_CDNJS}/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.css": None,
    "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css": None,
    f"{_JSDELIVR}/npm/@fortawesome/fontawesome-free@6.2.0/css/all.min.css": None,
    f"{_JSDELIVR}/gh/python-visualization/folium/folium/templates/leaflet.awesome.rotate.min.css": None,
}
"""What folium links to and the vendored file that stands for it; None: not needed by any element we let through."""

RAW_TEXT_ELEMENTS = frozenset(
    {
        "Popup",
        "Tooltip",
        "GeoJsonTooltip",
        "GeoJsonPopup",
        "GeoJsonDetail",
        "DivIcon",
        "Icon",
        "Html",
        "IFrame",
        "LayerControl",
    }
)
"""Elements that print their text into the page unescaped (tried in a browser); text belongs into JSON instead."""

_HEAD_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HEAD_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_HEAD_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
_ENDS_ELEMENT = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)
_FOREIGN = re.compile(r"""(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")


class RawTextElementError(YiquanError):
    """An element would print text into the page unescaped."""

    def __init__(self, name: str) -> None:
        super().__init__(f"A {name} prints its text into the page as HTML; send the text as JSON and set textContent.")


class CarriedFileError(YiquanError):
    """A file cannot stand inside a page."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} holds the end of a script or style, or a comment's begin; link to it instead.")


@dataclass(frozen=True)
class RenderedPage:
    """A page and the policy under which its own scripts, and no others, run."""

    html: bytes
    csp: str


class LocalFigure(Figure):
    """
    A branca Figure whose page asks no other origin for anything.

    `frame` is the page around the map: a Jinja template that places `early`, `style`, `switches`, `links`, `body` and
    `script`, and gets `texts` besides. `early` is a script of ours that runs before anything is loaded. Add the map and
    call `rendered` once: folium's elements repeat children when rendered again.

    With `own`, names of our style sheets and scripts, the page carries those and what folium links to inside itself:
    `style` is all style, and `scripts` (in place of `links` and `script`) are what runs at the end of the body: the
    libraries, the map, and then our own. A slow network has nothing to do while the addresses of files go there and
    the files come back; a page that brings them fills that time.
    """

    def __init__(self, frame: Template, *, early: str = "", own: Sequence[str] = (), **texts: object) -> None:
        super().__init__()
        self.header._children.clear()  # branca's own encoding tag; the frame has one
        self._frame = frame
        self._early = early
        self._own = own
        self._texts = texts

    def rendered(self) -> RenderedPage:
        """
        The page with its policy.

        Raises
        ------
        ExternalAsset
            An element links to an address that is not in the table.
        RawTextElementError
            An element would print text unescaped.
        """
        refuse_raw_text(self)
        for child in list(self._children.values()):
            child.render()
        self._link_locally()
        libraries = self._taken_out_of_the_head() if self._own else []
        own = [_file_at(assets.url(name)) for name in self._own]

        head = self.header.render()
        styles = [*_HEAD_STYLE.findall(head), *_texts_of(".css", libraries), *_texts_of(".css", own)]
        style = rcssmin.cssmin("\n".join(styles))
        switches, script = "\n".join(_HEAD_SCRIPT.findall(head)), self.script.render()
        scripts = [*_texts_of(".js", libraries), script, *_texts_of(".js", own)]
        page = self._frame.render(
            early=self._early,
            links=_HEAD_VIEWPORT.sub("", _HEAD_STYLE.sub("", _HEAD_SCRIPT.sub("", head))),
            style=style,
            switches=switches,
            body=self.html.render(),
            script=script,
            scripts=scripts,
            **self._texts,
        )
        if foreign := _FOREIGN.search(_without(_texts_of(".js", libraries), page)):
            raise ExternalAsset(foreign.group(1), "The page")
        return RenderedPage(page.encode("utf-8"), policy([self._early, switches, *scripts], [style]))

    def render(self, **_: object) -> str:
        """The page without its policy, as branca's callers expect it."""
        return self.rendered().html.decode("utf-8")

    def _link_locally(self) -> None:
        # Elements write their links into the header while they render, so only now are they all there.
        for name, element in list(self.header._children.items()):
            if isinstance(element, JavascriptLink | CssLink):
                address = local_address(element.url)
                if address is None:
                    del self.header._children[name]
                else:
                    element.url = address

    def _taken_out_of_the_head(self) -> list[Asset]:
        """The files that the head links to, which it then links to no more."""
        links = {
            name: element.url
            for name, element in self.header._children.items()
            if isinstance(element, JavascriptLink | CssLink)
        }
        for name in links:
            del self.header._children[name]
        return [_file_at(address) for address in links.values()]


def _file_at(address: str) -> Asset:
    return assets.lookup(address.removeprefix(assets.PREFIX))


def _texts_of(suffix: str, files: Iterable[Asset]) -> list[str]:
    """
    What the files of one kind say.

    Raises
    ------
    CarriedFileError
        A text would end the element it stands in.
    """
    texts = {file.path: file.body.decode("utf-8") for file in files if file.path.endswith(suffix)}
    for path, text in texts.items():
        if _ENDS_ELEMENT.search(text):
            raise CarriedFileError(path)
    return list(texts.values())


def _without(texts: Iterable[str], page: str) -> str:
    """A page but for some texts: a library may name its home in a script, which asks nobody for anything."""
    for text in texts:
        page = page.replace(text, "")
    return page


class LatticeLayer(JSCSSMixin, Layer):
    """
    Cells fetched as one file and painted as pixels; an ordinary folium layer for a map, a LayerControl or a swipe.

    `url` may be left out; the page then hands the bytes over with `layer.setBuffer(…)`. Options are those of
    `lattice.js`: `columns` names the columns of the file in their order, `column` is the one to paint, `mask` one that
    hides a cell where it is zero.
    """

    _template = FoliumTemplate("""
    {% macro script(this, kwargs) %}
      var {{ this.get_name() }} = L.h3Lattice({{ this.url|tojson }}, {{ this.options|tojavascript }});
    {% endmacro %}""")

    def __init__(
        self,
        url: str | None = None,
        *,
        name: str | None = None,
        show: bool = True,
        **options: str | float | bool | list[str],
    ) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "LatticeLayer"
        self.url = url
        self.options = remove_empty(**options)
        self.default_js = [("lattice", assets.url("lattice.js"))]


def local_address(url: str) -> str | None:
    """
    Our own address for what folium links to; None where the link is to be dropped.

    Raises
    ------
    ExternalAsset
        The address is not in the table.
    """
    if url.startswith(assets.PREFIX):
        return url
    if url not in LOCAL_FILES:
        raise ExternalAsset(url, "The map")
    name = LOCAL_FILES[url]
    return assets.url(name) if name else None


def refuse_raw_text(figure: Element) -> None:
    """Raise `RawTextElementError` if anything below a figure prints text into the page unescaped."""
    for element in _descendants(figure):
        kinds = {kind.__name__ for kind in type(element).__mro__} & RAW_TEXT_ELEMENTS
        if kinds:
            raise RawTextElementError(sorted(kinds)[0])


def policy(scripts: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """
    A Content-Security-Policy that lets only our own files and these inline scripts and styles work.

    The texts must come from what we rendered ourselves: hashes taken from a finished page would bless an intruder
    too.
    """
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *(hash_source(text) for text in scripts if text)]),
            " ".join(["style-src 'self'", *(hash_source(text) for text in styles if text)]),
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        ]
    )


def hash_source(text: str) -> str:
    """What a policy calls an inline script or style: its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _descendants(element: Element) -> Iterator[Element]:
    for child in element._children.values():
        yield child
        yield from _descendants(child)
