"""The ground within reach, as outlines for a map: of one station, or of all that count for a coverage question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.coverage.question import DS_PER_MINUTE, Question
from geo.errors import ConflictError, InputError
from geo.services.coverage import eligible_stations
from geo.store.facility_store import FacilityNotFoundError
from geo.streets.isochrone import ACCESS_M, Isochrone, isochrones
from geo.streets.search import field
from geo.types import Bools

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

MINUTES = (5.0, 10.0, 15.0)
"""The limits outlined unless others are asked for."""
LONGEST_MINUTES = 60.0
"""The longest limit that is outlined: beyond an hour an outline is the city."""
MOST_BANDS = 6
"""How many limits one answer outlines; more than six colours nobody tells apart."""


class BandsError(InputError):
    """The limits asked for cannot be outlined together."""

    def __init__(self) -> None:
        super().__init__(f"Ask for 1 to {MOST_BANDS} different limits of 1 to {LONGEST_MINUTES:g} minutes each.")


class StationOffNetworkError(ConflictError):
    """A station that no street of a mode leads to has no isochrone."""

    def __init__(self, facility_id: int, mode: str) -> None:
        super().__init__(
            f"Station {facility_id} stands at no street that can be used by mode `{mode}`, so nothing reaches it; "
            "check its position, or ask for another mode."
        )


@dataclass(frozen=True, slots=True)
class Outlines:
    """
    Outlines of one question, the longest limit first, so that drawn in this order every band stays visible.

    `about` says what was asked, as plain data.
    """

    snapshot_id: str
    mode: str
    stations: int
    about: dict[str, Any]
    bands: list[Isochrone]

    def to_geojson(self) -> dict[str, Any]:
        """The outlines as a GeoJSON FeatureCollection (RFC 7946), with what was asked beside them."""
        document: dict[str, Any] = {"type": "FeatureCollection", "snapshot": self.snapshot_id, **self.about}
        box = self.bands[0].outline.bounds
        if not np.isnan(box[0]):
            document["bbox"] = [float(edge) for edge in box]
        return document | {"features": [self._feature(band) for band in self.bands]}

    def _feature(self, band: Isochrone) -> dict[str, Any]:
        return {
            "type": "Feature",
            "properties": {
                "mode": self.mode,
                "minutes": band.limit_ds / DS_PER_MINUTE,
                "stations": self.stations,
                "area_km2": round(band.area_km2, 4),
                "reached_street_km": round(band.reached_m / 1000, 3),
                "unreached_share": round(band.unreached_share, 4),
                "unreached_area_share": round(band.unreached_area_share, 4),
                "access_m": band.access_m,
                "lattice_m": band.step_m,
            },
            "geometry": shapely.geometry.mapping(band.outline),
        }


def isochrones_of_station(
    snapshot: Snapshot,
    facility_id: int,
    *,
    mode: str = "walk",
    minutes: Sequence[float] = MINUTES,
    access_m: float = ACCESS_M,
) -> Outlines:
    """
    The ground from which one station is reached within some minutes.

    Raises
    ------
    FacilityNotFoundError, StationOffNetworkError
        The city has no such station, or no street of the mode leads to it.
    BandsError, AccessDistanceError, ModeNotInSnapshotError
        The limits, the distance from the street or the mode cannot be had.
    """
    layer, position = snapshot.layer(mode), snapshot.position_of_id.get(facility_id)
    if position is None:
        raise FacilityNotFoundError(facility_id)
    if not layer.joined[position]:
        raise StationOffNetworkError(facility_id, mode)
    only = np.zeros(len(snapshot.facilities), dtype=np.bool_)
    only[position] = True
    facility = {"id": facility_id, "name": snapshot.facilities["name"].iloc[position]}
    return _outlined(snapshot, mode, only, minutes, access_m, {"facility": facility})


def outlines_of_coverage(
    snapshot: Snapshot, question: Question, *, minutes: Sequence[float] | None = None, access_m: float = ACCESS_M
) -> Outlines:
    """
    The ground from which some station that counts for a question is reached; its own limit unless `minutes` are given.

    For the eye: people are counted with `geo.services.coverage.answer`. Raises as `isochrones_of_station` does.
    """
    eligible = eligible_stations(snapshot, question)
    limits = (question.minutes,) if minutes is None else minutes
    asked = {name: value for name, value in question.as_dict().items() if name not in ("minutes", "demand")}
    return _outlined(snapshot, question.mode, eligible, limits, access_m, {"parameters": asked})


def _outlined(
    snapshot: Snapshot, mode: str, eligible: Bools, minutes: Sequence[float], access_m: float, about: dict[str, Any]
) -> Outlines:
    limits_ds = _limits_ds(minutes)
    layer = snapshot.layer(mode)
    # a search cut off at the longest limit costs its surroundings only, not the city
    travel = field(layer.graph, layer.targets, eligible, limits_ds[0])
    bands = isochrones(layer.graph, layer.targets, travel, limits_ds, eligible=eligible, access_m=access_m)
    return Outlines(snapshot.id, mode, int((eligible & layer.joined).sum()), about, bands)


def _limits_ds(minutes: Sequence[float]) -> list[int]:
    """Limits in deciseconds, the longest first."""
    limits_ds = sorted({round(one * DS_PER_MINUTE) for one in minutes if 1 <= one <= LONGEST_MINUTES}, reverse=True)
    if not limits_ds or len(limits_ds) > MOST_BANDS or len(limits_ds) < len(minutes):
        raise BandsError
    return limits_ds
