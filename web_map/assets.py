"""
Every file the pages may ask for, in one exact table: nothing outside it is served, and nothing else is ever fetched.

Vendored files come from npm packages and are pinned in `assets/vendor/assets.json` with version, licence and SHA-256;
a file that differs from its pin stops the start. Every address carries a hash of its content, so a browser may keep
it for ever and still sees a new version at once. Compressed forms are made at first use and kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

import brotli
import rcssmin
import rjsmin

from geo.errors import NotFoundError, YiquanError

FOLDER = Path(__file__).parent / "assets"

PREFIX = "/static/"
"""Where the server puts the table."""

BUNDLES: Mapping[str, tuple[str, ...]] = {
    "icon.svg": ("shared/icon.svg",),
    "app.css": ("shared/app.css",),
    "browse.css": ("browse/browse.css",),
    "app.js": ("shared/app.js",),
    "icon-180.png": ("shared/icon-180.png",),
    "icon-192.png": ("shared/icon-192.png",),
    "icon-512.png": ("shared/icon-512.png",),
    "icon-maskable-512.png": ("shared/icon-maskable-512.png",),
    "boot.js": ("shared/boot.js",),
    "rider.css": (
        "shared/app.css",
        "shared/themes.css",
        "rider/page.css",
        "rider/card.css",
        "rider/sheet.css",
        "rider/wish.css",
    ),
    "rider.js": (
        "shared/app.js",
        "shared/settings.js",
        "shared/outbox.js",
        "rider/rider.js",
        "rider/opening.js",
        "rider/card.js",
        "rider/list.js",
        "rider/handoff.js",
        "rider/report.js",
        "rider/wish.js",
        "rider/estimate.js",
        "rider/offline.js",
        "rider/asking.js",
        "rider/chips.js",
        "rider/position.js",
        "rider/places.js",
        "rider/start.js",
    ),
    "station.css": ("shared/app.css", "shared/themes.css", "station/station.css"),
    "station.js": ("shared/app.js", "shared/settings.js", "shared/outbox.js", "station/station.js"),
    "rider_map.css": ("rider/map.css",),
    "rider_map.js": ("rider/map.js",),
    "sw.js": ("rider/sw.js",),
    "basemap.js": ("vendor/protomaps-leaflet/protomaps-leaflet.js", "shared/basemap.js"),
    "lattice.js": ("planner/lattice.js",),
    "planner.css": (
        "vendor/markercluster/MarkerCluster.css",
        "shared/app.css",
        "planner/planner.css",
        "planner/charts.css",
        "planner/tour.css",
    ),
    "early.js": ("planner/question.js", "planner/early.js"),
    "planner.js": (
        "shared/app.js",
        "planner/desk.js",
        "planner/asking.js",
        "planner/colours.js",
        "planner/figures.js",
        "planner/gaps.js",
        "planner/areas.js",
        "planner/tables.js",
        "planner/stations.js",
        "planner/parts.js",
        "planner/reach.js",
        "planner/report_menu.js",
        "planner/trial_door.js",
        "planner/siting_door.js",
        "planner/controls.js",
        "planner/tabs.js",
        "planner/tour_door.js",
        "planner/start.js",
    ),
    "measures.js": ("planner/charts.js", "planner/measures.js"),
    "tour.js": ("planner/tour.js",),
    "trial.js": (
        "planner/trial_changes.js",
        "planner/trial_asking.js",
        "planner/trial_figures.js",
        "planner/trial_list.js",
        "planner/trial_shelf.js",
        "planner/swipe.js",
        "planner/trial.js",
    ),
    "siting.js": (
        "planner/siting_wish.js",
        "planner/siting_job.js",
        "planner/siting_map.js",
        "planner/siting_form.js",
        "planner/siting_curve.js",
        "planner/siting_check.js",
        "planner/siting_answer.js",
        "planner/siting_keep.js",
        "planner/siting.js",
    ),
    "siting.css": ("planner/siting.css",),
    "site.zh.json": ("../text/zh/site.json",),
    "site.en.json": ("../text/en/site.json",),
    "trial.css": ("planner/trial.css",),
    "trial.zh.json": ("../text/zh/trial.json",),
    "trial.en.json": ("../text/en/trial.json",),
}
"""
The project's own files as they are served, each from its parts in the order they run. Many small sources to read are
few requests to make; a part in the folder that is not named here is not served.
"""


def _without_blanks(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


_MINIFIERS = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin, ".json": _without_blanks}

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_COMPRESSIBLE = (".css", ".js", ".json", ".svg")
_CSS_URL = re.compile(r"url\(\s*(['\"]?)([^'\")]+)\1\s*\)")


class AssetNotFoundError(NotFoundError):
    """A path that is not in the table."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no file {path!r} among the assets of the pages.")
        self.path = path


class AssetChangedError(YiquanError):
    """A vendored file is not the one that was pinned."""


class ExternalAsset(YiquanError):  # noqa: N818 - named by what it is, as the rest of the product speaks of it
    """Something would make the browser ask another origin for a file."""

    def __init__(self, url: str, place: str) -> None:
        super().__init__(
            f"{place} links to {url}, which is not in the table of local files; vendor it or leave it out."
        )
        self.url = url


@dataclass(frozen=True)
class Asset:
    """One file as it is served. `path` is its address below `/static/`."""

    path: str
    body: bytes
    media_type: str
    immutable: bool = True

    @property
    def etag(self) -> str:
        """Strong validator of the uncompressed body, with its quotes."""
        return f'"{digest(self.body)}"'

    @cached_property
    def br(self) -> bytes | None:
        """The body in brotli; None where compressing gains nothing."""
        return brotli.compress(self.body, quality=11) if self._compressible else None

    @cached_property
    def gz(self) -> bytes | None:
        """The body in gzip; None where compressing gains nothing."""
        return gzip.compress(self.body, 9, mtime=0) if self._compressible else None

    @property
    def _compressible(self) -> bool:
        return PurePosixPath(self.path).suffix in _COMPRESSIBLE


def lookup(path: str) -> Asset:
    """
    The file at a path below `/static/`.

    Raises
    ------
    AssetNotFoundError
        The path is not in the table.
    """
    try:
        return _by_path()[path]
    except KeyError:
        raise AssetNotFoundError(path) from None


def url(name: str) -> str:
    """Address of a file by its plain name, such as `rider.js` or `vendor/leaflet/leaflet.js`."""
    try:
        return PREFIX + _by_name()[name].path
    except KeyError:
        raise AssetNotFoundError(name) from None


def text(name: str) -> str:
    """A file's content, for a page that carries it inside itself instead of asking for it."""
    try:
        return _by_name()[name].body.decode("utf-8")
    except KeyError:
        raise AssetNotFoundError(name) from None


def every_asset() -> tuple[Asset, ...]:
    """All files of the table, for tests and for warming the compressed forms."""
    return tuple(_by_name().values())


def digest(body: bytes) -> str:
    """Sixteen hexadecimal digits that stand for some bytes."""
    return hashlib.sha256(body).hexdigest()[:16]


@lru_cache(maxsize=1)
def _by_path() -> dict[str, Asset]:
    return {asset.path: asset for asset in _by_name().values()}


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Asset]:
    """All files by plain name. Style sheets come last, because they name the hashed addresses of their pictures."""
    bodies = dict(_pinned_files()) | {name: _bundle(name, parts) for name, parts in BUNDLES.items()}
    table: dict[str, Asset] = {}
    for name in sorted(bodies, key=lambda name: (name.endswith(".css"), name)):
        body = bodies[name] if not name.endswith(".css") else _with_local_pictures(name, bodies[name], table)
        table[name] = _asset(name, body)
    return table


def _bundle(name: str, parts: tuple[str, ...]) -> bytes:
    """The parts of a bundle behind one another, without the comments, which are for whoever reads the source."""
    bodies = [(FOLDER / part).read_bytes() for part in parts]
    minify = _MINIFIERS.get(PurePosixPath(name).suffix)
    return minify(b"\n".join(bodies).decode("utf-8")).encode("utf-8") if minify else b"".join(bodies)


def _asset(name: str, body: bytes) -> Asset:
    plain = PurePosixPath(name)
    hashed = plain.with_name(f"{plain.stem}.{digest(body)}{plain.suffix}")
    return Asset(str(hashed), body, _MEDIA_TYPES[plain.suffix])


def _pinned_files() -> Iterator[tuple[str, bytes]]:
    for package in json.loads((FOLDER / "vendor" / "assets.json").read_text("utf-8"))["packages"]:
        for name, pinned in package["files"].items():
            body = (FOLDER / "vendor" / name).read_bytes()
            if hashlib.sha256(body).hexdigest() != pinned:
                raise AssetChangedError(
                    f"{name} is not the file of {package['package']} {package['version']} that was pinned; restore it."
                )
            yield f"vendor/{name}", body


def _with_local_pictures(name: str, body: bytes, table: dict[str, Asset]) -> bytes:
    """A style sheet with every `url(…)` pointing at its hashed neighbour; an address elsewhere is refused."""

    def localised(match: re.Match[str]) -> str:
        target = match.group(2)
        if target.startswith(("#", "data:")):
            return match.group(0)
        neighbour = str(PurePosixPath(name).parent / target)
        if neighbour not in table:
            raise ExternalAsset(target, f"The style sheet {name}")
        return f"url({PREFIX}{table[neighbour].path})"

    return _CSS_URL.sub(localised, body.decode("utf-8")).encode("utf-8")
