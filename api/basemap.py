"""
The base map by setting: none, our own streets as vector tiles, or Tianditu's pictures passed through our origin.

The pages are complete without one, so that nothing here can fail them: tiles that are not there are empty, and a
foreign server that is silent costs a picture, not an answer.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Literal, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, build_opener

from api.settings import ApiSettings
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.services.street_tiles import TileOrder
from geo.services.tile_pack import TilePack
from geo.settings import Settings
from geo.snapshot.holder import NoSnapshotError, SnapshotHolder
from geo.snapshot.model import Snapshot

logger = logging.getLogger("yiquan.basemap")

LOOK_S = 1.0
"""How often (in seconds) it is looked whether the snapshot's streets have their tiles."""

OSM_CREDIT = "© OpenStreetMap contributors"
TIANDITU_CREDIT = "天地图"

TiandituLayer = Literal["vec", "cva", "img", "cia", "ter", "cta"]
"""Layers of Tianditu: roads, pictures from above, terrain, each with its labels."""

SERVERS = 8
"""Tianditu's servers t0 to t7; a tile always comes from the same one, so that its caches serve."""

LAST_PICTURE_ZOOM = 18
PATIENCE_S = 4.0
"""How long (in seconds) Tianditu may be silent, and how long its picture may take to come in."""

AT_ONCE = 8
"""How many pictures are fetched at the same time."""

CHUNK_BYTES = 65_536

REST_S = 20.0
"""How long (in seconds) an unreachable Tianditu is not asked again: a screen has twenty tiles, and each would wait."""

KEPT_PICTURES = 4_000
"""How many pictures are kept in memory, some 60 MB."""

LARGEST_PICTURE_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and its media type."""

    kind: str
    body: bytes


class BasemapSettingError(InputError):
    """The base map is not set completely."""


class NoBasemapError(NotFoundError):
    """There is no base map of the kind asked for."""

    def __init__(self, kind: str, asked: str) -> None:
        super().__init__(f"The base map of this installation is `{kind}`, not `{asked}` (YIQUAN_BASEMAP).")


class TiandituError(UnavailableError):
    """Tianditu gave no picture."""


class Basemap(Protocol):
    """What a setting of the base map makes."""

    def described(self) -> dict[str, str | None]:
        """What `/city.json` says of it."""

    def start(self, holder: SnapshotHolder) -> None:
        """Begin whatever goes on in the background."""

    def stop(self) -> None:
        """End it."""


def basemap_of(settings: ApiSettings) -> Basemap:
    """
    The base map of an installation.

    Raises
    ------
    BasemapSettingError
        Tianditu without a key.
    """
    if settings.basemap == "tianditu":
        if not settings.tianditu_key:
            raise BasemapSettingError(
                "YIQUAN_BASEMAP=tianditu needs a key of Tianditu: set YIQUAN_TIANDITU_KEY, or choose the base map "
                "`selfhost` or `none`."
            )
        return Tianditu(settings.tianditu_url, settings.tianditu_key, approval_of(settings))
    return StreetTiles(settings) if settings.basemap == "selfhost" else NoBasemap()


def approval_of(settings: ApiSettings) -> str | None:
    """The number of a map's approval as it is printed, with its name."""
    number = (settings.map_approval or "").strip()
    return None if not number else number if number.startswith("审图号") else f"审图号：{number}"


class NoBasemap:
    """Districts and streets as the pages draw them by themselves."""

    def described(self) -> dict[str, str | None]:
        """What `/city.json` says of it."""
        return {"kind": "none", "attribution": None, "approval": None, "url": None}

    def start(self, holder: SnapshotHolder) -> None:
        """Nothing goes on."""

    def stop(self) -> None:
        """Nothing goes on."""


class StreetTiles:
    """Vector tiles of the city's own streets, made in the background when a network has none yet."""

    def __init__(self, settings: ApiSettings) -> None:
        self.settings: Settings = settings
        self.approval = approval_of(settings)
        self.pack: TilePack | None = None
        self._snapshot: Snapshot | None = None
        self._failed: str | None = None
        self._work: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def described(self) -> dict[str, str | None]:
        """What `/city.json` says of it; without an address while the tiles are being made."""
        url = None if self.pack is None else f"/tiles/streets/{{z}}/{{x}}/{{y}}.mvt?v={self.pack.version}"
        return {"kind": "selfhost", "attribution": OSM_CREDIT, "approval": self.approval, "url": url}

    def start(self, holder: SnapshotHolder) -> None:
        """Open the tiles of the snapshot if they are there, and watch for others to be made."""
        self._look(holder)
        self._thread = threading.Thread(target=self._watch, args=(holder,), name="tiles", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; work that is under way is ended, and done by the next one."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * LOOK_S)
        if self._work is not None:
            self._work.terminate()
            self._work.wait()

    def _watch(self, holder: SnapshotHolder) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self._look(holder)
            except OSError:  # the disk: a map less, and a reason to look again
                logger.warning("base map not looked at", exc_info=True)

    def _look(self, holder: SnapshotHolder) -> None:
        """Take up the tiles of the snapshot in use, or have them made."""
        try:
            snapshot = holder.snapshot
        except NoSnapshotError:
            return
        if self._work is not None:
            status = self._work.poll()
            if status is None:
                return
            self._work = None
            if status:
                self._failed = snapshot.id
                logger.warning("base map not made", extra={"code": status})
        if snapshot is self._snapshot or self._failed == snapshot.id:
            return
        order = TileOrder.of(self.settings, snapshot)
        pack = order.open()
        if pack is None:
            # The tiles of the former areas go on being served: streets stay where they are.
            self._work = order.start()
            return
        self.pack, self._snapshot = pack, snapshot
        logger.info("base map ready", extra={"snapshot": snapshot.id})


class Tianditu:
    """Tianditu's pictures, fetched by the server: browsers ask our origin alone, and the key stays here."""

    def __init__(self, url: str, key: str, approval: str | None) -> None:
        self.url, self.key, self.approval = url.rstrip("/"), key, approval
        self.pictures: OrderedDict[tuple[str, int, int, int], Picture] = OrderedDict()
        self._opener = build_opener(_NoRedirect)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tianditu")
        self._silent_until = 0.0

    def described(self) -> dict[str, str | None]:
        """What `/city.json` says of it."""
        return {
            "kind": "tianditu",
            "attribution": TIANDITU_CREDIT,
            "approval": self.approval,
            "url": "/basemap/tianditu/{layer}/{z}/{x}/{y}",
        }

    def start(self, holder: SnapshotHolder) -> None:
        """Nothing goes on until somebody asks."""

    def stop(self) -> None:
        """Ask no more; what is under way ends by its own limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def picture(self, layer: TiandituLayer, zoom: int, x: int, y: int) -> Picture:
        """
        One picture, from memory if it has been asked for before.

        Raises
        ------
        TiandituError
            Tianditu cannot be reached, refuses, or sends no picture.
        """
        place = layer, zoom, x, y
        if place in self.pictures:
            self.pictures.move_to_end(place)
            return self.pictures[place]
        # threads of its own: while Tianditu is slow, nobody else waits for one
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._fetched, *place)
        self.pictures[place] = found
        if len(self.pictures) > KEPT_PICTURES:
            self.pictures.popitem(last=False)
        return found

    def _fetched(self, layer: str, zoom: int, x: int, y: int) -> Picture:
        if time.monotonic() < self._silent_until:
            raise TiandituError("Tianditu could not be reached a moment ago; it is asked again in a few seconds.")
        wanted = urlencode({"T": f"{layer}_w", "x": x, "y": y, "l": zoom, "tk": self.key})
        address = f"{self.url.replace('{s}', str((x + y) % SERVERS))}/DataServer?{wanted}"
        try:
            with self._opener.open(address, timeout=PATIENCE_S) as answer:
                kind, body = answer.headers.get_content_type(), read_in_time(answer)
        except HTTPError as refusal:
            refusal.close()
            raise TiandituError(
                f"Tianditu sent no picture (HTTP {refusal.code}). Is the key one for a server, and not spent?"
            ) from None
        except (OSError, HTTPException):
            # URLError and what sockets raise. The reason holds the address and with it the key: it is not repeated.
            self._silent_until = time.monotonic() + REST_S
            raise TiandituError("Tianditu cannot be reached; the page works without its pictures.") from None
        if not kind.startswith("image/") or len(body) > LARGEST_PICTURE_BYTES:
            raise TiandituError("Tianditu sent something else than a picture. Is the key one for a server?")
        return Picture(kind, body)


class _NoRedirect(HTTPRedirectHandler):
    """Nobody else's address is asked: the key would travel there."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def read_in_time(answer: Any) -> bytes:
    """
    The body, or as much as shows that it is too large.

    Raises
    ------
    TimeoutError
        It drips: every read comes in time and the whole does not.
    """
    begun, body = time.monotonic(), b""
    while len(body) <= LARGEST_PICTURE_BYTES and (part := answer.read1(CHUNK_BYTES)):
        body += part
        if time.monotonic() - begun > PATIENCE_S:
            raise TimeoutError
    return body
