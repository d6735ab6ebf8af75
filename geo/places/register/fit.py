"""Which datum a register's points fit best, measured against streets or districts that are known to be WGS-84."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geo.datum import Datum, to_wgs84
from geo.types import Floats

CANDIDATES: Final = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
"""CGCS2000 is WGS-84 at this scale and needs no telling apart."""

POINTS_NEEDED: Final = 20
MARGIN: Final = 0.75
"""How much nearer to streets another datum must bring the points before the stated one is doubted."""

SHARE_MARGIN: Final = 0.05
FAR_M: Final = 200.0
"""
What a distance to a street counts at most (in metres), so that a few doors in parks do not decide. The mean and not the
median, because the shift runs nearly east: along the half of all streets that do too, a wrong datum stays near.
"""

DistanceToStreet = Callable[[Floats, Floats], Floats]
"""Distance (in metres) of each point (WGS-84) to the nearest street; any large number where there is none."""


@dataclass(frozen=True)
class DatumHint:
    """Which datum fits best, by what measure, and whether the stated one should be doubted."""

    stated: Datum
    best: Datum
    scores: Mapping[Datum, float]
    measure: str
    """`mean_m`: mean distance (in metres) to the nearest street. `share`: share of points in their own district."""
    doubtful: bool

    @property
    def sentence(self) -> str:
        """The hint in words, Chinese with English beside it; empty when the stated datum is not doubted."""
        if not self.doubtful:
            return ""
        ours, theirs = self.scores[self.stated], self.scores[self.best]
        if self.measure == "share":
            said = f"{ours:.0%} / {theirs:.0%} 的点落在所填区县内"
            english = f"{ours:.0%} v {theirs:.0%} of the points lie in their own district"
        else:
            said = f"离最近道路平均 {ours:.0f} 米 / {theirs:.0f} 米"
            english = f"mean distance to a street {ours:.0f} m v {theirs:.0f} m"
        return (
            f"坐标更像是 {self.best.value} 而不是 {self.stated.value}（{said}），请核对坐标系。"
            f" (The points fit {self.best.value} better than {self.stated.value}: {english}.)"
        )


def datum_hint(
    raw_lon: ArrayLike, raw_lat: ArrayLike, stated: Datum, *, distance_to_street_m: DistanceToStreet
) -> DatumHint:
    """
    Which datum brings points nearest to streets, measured to the streets themselves and not to their drawn corners.

    The stated datum is doubted only when another brings at least twenty points, on the mean, a quarter nearer: in a
    dense town any point has some street near it.
    """
    scores = {}
    for datum in CANDIDATES:
        distance_m = distance_to_street_m(*to_wgs84(raw_lon, raw_lat, datum))
        scores[datum] = float(np.mean(np.minimum(distance_m, FAR_M))) if len(distance_m) else float("nan")
    best = min(CANDIDATES, key=lambda datum: scores[datum])
    ours = candidate(stated)
    doubtful = np.size(raw_lon) >= POINTS_NEEDED and best is not ours and scores[best] < MARGIN * scores[ours]
    return DatumHint(ours, best, scores, "mean_m", bool(doubtful))


def datum_hint_by_district(
    raw_lon: ArrayLike,
    raw_lat: ArrayLike,
    stated: Datum,
    *,
    district: Sequence[str | None],
    areas: Mapping[str, shapely.Geometry],
) -> DatumHint:
    """Which datum puts most points into the district their register names; areas are WGS-84, by name."""
    known = np.array([name in areas for name in district], bool)
    lon, lat = np.asarray(raw_lon, np.float64)[known], np.asarray(raw_lat, np.float64)[known]
    names = [name for name in district if name in areas]
    scores = {datum: share_inside(*to_wgs84(lon, lat, datum), names, areas) for datum in CANDIDATES}
    best = max(CANDIDATES, key=lambda datum: scores[datum])
    ours = candidate(stated)
    doubtful = len(names) >= POINTS_NEEDED and best is not ours and scores[best] > scores[ours] + SHARE_MARGIN
    return DatumHint(ours, best, scores, "share", bool(doubtful))


def candidate(stated: Datum) -> Datum:
    """The candidate that a stated datum is one with."""
    return Datum.WGS84 if stated is Datum.CGCS2000 else stated


def share_inside(lon: Floats, lat: Floats, names: Sequence[str | None], areas: Mapping[str, shapely.Geometry]) -> float:
    """Share of points that lie in the area of their name; 0 when there is none."""
    if not lon.size:
        return 0.0
    inside = [shapely.contains_xy(areas[name], x, y) for name, x, y in zip(names, lon, lat, strict=True) if name]
    return float(np.mean(inside))
