"""
Places that may be the same: entries of one or several registers that lie close together.

Reported, never merged. Nationally two map points were published for every station; but two brands eight metres apart
can be two doors, and one hospital stood 113 m from itself on another map. A person decides, with the distance and the
likeness of the names before them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.measure import distances_m

SUGGEST_M: Final = 30.0
"""Up to here (in metres) two entries are suggested to share a site."""

REVIEW_M: Final = 100.0
"""Up to here (in metres) somebody should look: vendors' maps disagree by about as much."""

SAME_NAME_M: Final = 3_000.0
"""Up to here (in metres) two entries of one name should be looked at: one of the positions may be wrong."""

SIMILAR: Final = 0.6
"""Likeness of names from which two entries are more likely one place than two neighbours."""

METRES_PER_DEGREE: Final = 111_320.0

GENERIC: Final = re.compile(
    "户外劳动者|劳动者|工会|爱心|驿站|服务站点?|服务点|环卫工人|环卫|职工之家|新时代|区域|共享|24小时|智能化?|"
    "基层|镇街|网格|工作站|党群服务中心|街道|社区|[市区县省]"
)
"""What most names share and so says nothing about two of them being one."""


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """Two entries that may be one place, by their positions in the input."""

    first: int
    second: int
    distance_m: float
    likeness: float
    """Likeness of the names, 0 to 1, without the words most names share."""
    kind: str
    """`colocated` within 30 m, `review` within 100 m, `same_name` farther apart but of one name."""

    @property
    def duplicate(self) -> bool:
        """Whether the names, too, say it is one place."""
        return self.likeness >= SIMILAR


def match_candidates(
    names: Sequence[str],
    lon: ArrayLike,
    lat: ArrayLike,
    *,
    suggest_m: float = SUGGEST_M,
    review_m: float = REVIEW_M,
    same_name_m: float = SAME_NAME_M,
) -> list[MatchCandidate]:
    """Pairs of entries (WGS-84) that may be one place, the nearest first; each pair once."""
    east, north = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    cores = [core_name(name) for name in names]
    first, second = np.hstack([near_pairs(east, north, review_m), same_name_pairs(cores)])
    first, second = np.unique(np.stack([first, second]), axis=1) if first.size else (first, second)
    distance = distances_m(east[first], north[first], east[second], north[second]) if first.size else np.empty(0)
    candidates = [
        MatchCandidate(a, b, metres, likeness(cores[a], cores[b]), kind_of(metres, suggest_m, review_m))
        for a, b, metres in zip(first.tolist(), second.tolist(), distance.tolist(), strict=True)
        if metres <= max(review_m, same_name_m)
    ]
    return sorted(candidates, key=lambda pair: (pair.distance_m, pair.first, pair.second))


def near_pairs(lon: NDArray[np.float64], lat: NDArray[np.float64], within_m: float) -> NDArray[np.int64]:
    """Index pairs, the smaller first, of points within some metres, perhaps a few beyond."""
    if lon.size < 2:
        return np.empty((2, 0), np.int64)
    scale = float(np.cos(np.radians(np.mean(lat))))
    points: NDArray[np.object_] = np.asarray(shapely.points(lon * scale, lat), dtype=object)
    # one per cent more, for a degree is not everywhere as long; the true distance decides later
    reach = 1.01 * within_m / METRES_PER_DEGREE / min(1.0, float(np.min(np.cos(np.radians(lat))) / scale))
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)
    return np.asarray(pairs[:, pairs[0] < pairs[1]], np.int64)


def same_name_pairs(cores: Sequence[str]) -> NDArray[np.int64]:
    """Index pairs of entries whose names are equal but for generic words; each entry is paired with the one before."""
    last: dict[str, int] = {}
    pairs = []
    for place, core in enumerate(cores):
        if len(core) >= 3 and core in last:
            pairs.append((last[core], place))
        last[core] = place
    return np.array(pairs, np.int64).reshape(-1, 2).T


def kind_of(metres: float, suggest_m: float, review_m: float) -> str:
    """What a distance says about a pair."""
    return "colocated" if metres <= suggest_m else "review" if metres <= review_m else "same_name"


def core_name(name: str) -> str:
    """A name without width, punctuation and the words that most names share."""
    text = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
    return GENERIC.sub("", text) or text


def likeness(one: str, other: str) -> float:
    """Share of neighbouring character pairs that two names have in common (Dice); 1 for equal names."""
    if one == other:
        return 1.0
    pairs, other_pairs = character_pairs(one), character_pairs(other)
    return 2 * len(pairs & other_pairs) / max(1, len(pairs) + len(other_pairs))


def character_pairs(name: str) -> set[str]:
    """Every two neighbouring characters of a name."""
    return {name[place : place + 2] for place in range(len(name) - 1)} or {name}
