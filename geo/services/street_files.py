"""
Where the street graphs of a city lie, and how they come and go.

    cities/<city>/streets/<network id>/<mode>/    the arrays of one graph
    cities/<city>/streets/<network id>/land.fgb   what the ground is used for; streets.fgb what streets look like
    cities/<city>/streets/.importing              held while an import is at work

Graphs are written into a draft beside the others and renamed, so that a folder with a number is always whole. A network
that nothing uses any more goes when the next one comes in.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from geo.errors import ConflictError, UnavailableError
from geo.settings import Settings
from geo.snapshot.folders import MANIFEST, SnapshotFolder, sync, sync_folder
from geo.store import street_store
from geo.store.city_store import City
from geo.streets.drawn import DRAWN_FILE, DrawnStreetsError, load_drawn, save_drawn
from geo.streets.extract import Extract
from geo.streets.graph import GraphFolderError, StreetGraph
from geo.streets.land import LAND_FILE, Land, LandFileError

DRAFT = ".draft"


class ImportRunningError(ConflictError):
    """Another import of streets is at work on the city."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"Another import of streets is at work on {slug}. Wait for it to end and try again.")


class NoStreetsYetError(UnavailableError):
    """The city has no street network."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"City {slug} has no streets yet: `yiquan import streets FILE.osm.pbf` brings them.")


class StreetFolder:
    """The street graphs of one city on disk."""

    def __init__(self, settings: Settings, slug: str) -> None:
        self.data_dir = settings.data_dir
        self.slug = slug
        self.path = settings.data_dir / "cities" / slug / "streets"

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Keep a second import out; the kernel lets go of the lock even after kill -9."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".importing").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ImportRunningError(self.slug) from None
            yield

    @contextmanager
    def draft(self, graphs: Mapping[str, StreetGraph], extract: Extract) -> Iterator[Path]:
        """Write graphs, land and drawn streets into a draft folder, on disk; it goes if nobody has renamed it."""
        draft = self.path / DRAFT
        shutil.rmtree(draft, ignore_errors=True)
        try:
            for code, graph in graphs.items():
                graph.save(draft / code)
                sync_folder(draft / code)
            extract.land.save(draft / LAND_FILE)
            save_drawn(extract.streets, draft / DRAWN_FILE)
            sync_folder(draft)
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def publish(self, draft: Path, network_id: int) -> str:
        """Give a draft its number; returns its folder relative to the data folder."""
        folder = draft.rename(self.path / str(network_id))
        sync(self.path)
        return folder.relative_to(self.data_dir).as_posix()

    def is_whole(self, network_id: int, codes: list[str]) -> bool:
        """Whether the graphs, the land and the drawn streets of a network are there and can be opened."""
        folder = self.path / str(network_id)
        try:
            for code in codes:
                StreetGraph.load(folder / code)
            Land.load(folder / LAND_FILE)
            load_drawn(folder / DRAWN_FILE)
        except (GraphFolderError, LandFileError, DrawnStreetsError):
            return False
        return True

    def remove_unused(self, in_use: set[int]) -> list[int]:
        """
        Remove the networks that are neither in use nor named by a snapshot on disk; returns their numbers.

        Waits for a snapshot that is being built, for that one may be reading a network nobody has named yet.
        """
        snapshots = SnapshotFolder(self.data_dir, self.slug)
        with snapshots.building():
            kept = in_use | {network for one in snapshots.ids() for network in _networks_of(snapshots.path / one)}
            gone = [number for number in self.numbers() if number not in kept]
            for number in gone:
                shutil.rmtree(self.path / str(number), ignore_errors=True)
        return gone

    def numbers(self) -> list[int]:
        """Numbers of the networks on disk."""
        return sorted(int(entry.name) for entry in self.path.iterdir() if entry.name.isdecimal())


def _networks_of(snapshot: Path) -> set[int]:
    """The network a snapshot was built on, as its manifest names it."""
    try:
        text = (snapshot / MANIFEST).read_text("utf-8")
        return {int(json.loads(text.partition("\n")[2])["network"]["street_network_id"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def load_current_graph(connection: Connection, settings: Settings, city: City, mode: str) -> StreetGraph:
    """
    The street graph that a city uses for a mode, memory-mapped.

    Raises
    ------
    NoStreetsYetError
        No streets were imported.
    GraphFolderError
        The files are not what was written.
    """
    return StreetGraph.load(_current_folder(connection, settings, city) / mode)


def load_current_land(connection: Connection, settings: Settings, city: City) -> Land:
    """
    What the ground of a city is used for; nothing where its streets came in before land was kept.

    Raises
    ------
    NoStreetsYetError
        No streets were imported.
    LandFileError
        The file is not what was written.
    """
    file = _current_folder(connection, settings, city) / LAND_FILE
    return Land.load(file) if file.exists() else Land.of([])


def _current_folder(connection: Connection, settings: Settings, city: City) -> Path:
    network = street_store.current_network(connection, city.city_id)
    if network is None or not network["folder"]:
        raise NoStreetsYetError(city.slug)
    return settings.data_dir / str(network["folder"])
