"""
Links that open somebody else's map at a station's door: the right datum, order and encoding for each.

China's map applications do not read WGS-84. Amap, Tencent and Apple's mainland data expect GCJ-02, Baidu BD-09; a
WGS-84 pair handed to them lands 450 m off in Qingdao, six minutes on foot. Where an address can name its datum it
does. Links carry a destination only: the start is where the phone is, and no rider's position leaves it through us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import ArrayLike

from geo.datum import Datum, from_wgs84
from geo.errors import InputError
from geo.types import Floats

APPLICATION = "yiquan"
"""How we name ourselves where an address asks who is calling."""

_AMAP_MODES: Mapping[str, str] = {"walk": "walk", "ebike": "ride"}
_AMAP_APPLICATION_MODES: Mapping[str, int] = {"walk": 2, "ebike": 3}
_BAIDU_MODES: Mapping[str, str] = {"walk": "walking", "ebike": "riding"}


class UnknownHandoffModeError(InputError):
    """A mode that no map application was told about."""

    def __init__(self, mode: str) -> None:
        super().__init__(f"There is no hand-off for the mode {mode!r}; there is one for {', '.join(_AMAP_MODES)}.")


class _Degrees(NamedTuple):
    """A position with the decimals an address carries: six are 0.1 m."""

    lon: str
    lat: str


@dataclass(frozen=True)
class Doors:
    """
    Where many stations are entered, in every datum a link needs.

    Shifting datums is array work, a hundred times dearer for one point than a link is: a snapshot makes this once and
    asks it for the links of the few stations of an answer.
    """

    names: Sequence[str]
    wgs84: Floats
    gcj02: Floats
    bd09: Floats

    @classmethod
    def of(cls, lon: ArrayLike, lat: ArrayLike, names: Sequence[str]) -> Doors:
        """Shift every door once. `lon`, `lat`: WGS-84 degrees of the entrance where it is known, else of the site."""
        datums = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
        return cls(names, *(np.column_stack(from_wgs84(np.asarray(lon), np.asarray(lat), datum)) for datum in datums))

    def links(self, position: int, *, mode: str = "walk") -> dict[str, str]:
        """
        Addresses that lead to one door, by map application.

        `amap`, `baidu`, `tencent` and `apple` are web addresses that offer the application where it is installed.
        `amap_ebike`, `amap_android` (HarmonyOS too), `amap_ios`, `baidu_app` (iOS, HarmonyOS) and `baidu_android` open
        an application directly and do nothing where it is missing (or inside WeChat): a page tries them first and
        falls back. Tencent's application wants a key of a registered developer, so it is reached through its web
        address. `wechat` is no address but `latitude,longitude` for WeChat's `openLocation`. `geo` is the last resort,
        because applications disagree about its datum.

        Raises
        ------
        UnknownHandoffModeError
            The mode is neither walk nor ebike.
        """
        if mode not in _AMAP_MODES:
            raise UnknownHandoffModeError(mode)
        name = self.names[position]
        wgs84, gcj02, bd09 = (_degrees(column[position]) for column in (self.wgs84, self.gcj02, self.bd09))
        return {
            "amap": _amap_web(gcj02, name, mode),
            "baidu": _baidu_pin(bd09, name),
            "tencent": _tencent_web(gcj02, name),
            "apple": f"https://maps.apple.com/?daddr={gcj02.lat},{gcj02.lon}&dirflg=w",
            "geo": f"geo:{wgs84.lat},{wgs84.lon}?q={wgs84.lat},{wgs84.lon}({_quoted(name)})",
            "wechat": f"{gcj02.lat},{gcj02.lon}",
            "amap_ebike": _amap_ebike(gcj02),
            "amap_android": f"amapuri://route/plan/?{_amap_trip(gcj02, name, mode)}",
            "amap_ios": f"iosamap://path?{_amap_trip(gcj02, name, mode)}",
            "baidu_app": f"baidumap://map/direction?{_baidu_trip(bd09, name, mode)}",
            "baidu_android": f"bdapp://map/direction?{_baidu_trip(bd09, name, mode)}",
        }


def handoff_links(lon: float, lat: float, name: str, *, mode: str = "walk") -> dict[str, str]:
    """Addresses that lead to one point (WGS-84 degrees); see `Doors.links`."""
    return Doors.of([lon], [lat], [name]).links(0, mode=mode)


def _amap_web(at: _Degrees, name: str, mode: str) -> str:
    """Longitude first. The name is the third field of a comma list, so its own commas become full-width ones."""
    return (
        f"https://uri.amap.com/navigation?to={at.lon},{at.lat},{_quoted(name.replace(',', '，'))}"
        f"&mode={_AMAP_MODES[mode]}&policy=0&src={APPLICATION}&callnative=1"
    )


def _amap_ebike(at: _Degrees) -> str:
    """Amap's own e-bike navigation; `dev=0` says that the pair is GCJ-02 already."""
    return (
        f"amapuri://openFeature?featureName=OnRideNavi&rideType=elebike&sourceApplication={APPLICATION}"
        f"&lat={at.lat}&lon={at.lon}&dev=0"
    )


def _baidu_pin(at: _Degrees, name: str) -> str:
    """Latitude first. A pin, not a route: Baidu's web route demands a start, and the start stays on the phone."""
    return (
        f"https://api.map.baidu.com/marker?location={at.lat},{at.lon}&title={_quoted(name)}&content={_quoted(name)}"
        f"&output=html&coord_type=bd09ll&src=webapp.{APPLICATION}.{APPLICATION}"
    )


def _amap_trip(at: _Degrees, name: str, mode: str) -> str:
    """The fields of a trip in Amap's application; `dev=0` says GCJ-02, `t` is how one moves. No start: where one is."""
    return (
        f"sourceApplication={APPLICATION}&dlat={at.lat}&dlon={at.lon}&dname={_quoted(name)}&dev=0"
        f"&t={_AMAP_APPLICATION_MODES[mode]}"
    )


def _baidu_trip(at: _Degrees, name: str, mode: str) -> str:
    """Latitude first; `|` and `:` part the fields of the destination, so the whole of it is encoded."""
    destination = _quoted(f"name:{name.replace('|', ' ')}|latlng:{at.lat},{at.lon}")
    return (
        f"destination={destination}&coord_type=bd09ll&mode={_BAIDU_MODES[mode]}&src=webapp.{APPLICATION}.{APPLICATION}"
    )


def _tencent_web(at: _Degrees, name: str) -> str:
    """Latitude first; `coord_type=2` is GCJ-02. The web address knows no bicycles, so it always asks for a walk."""
    return (
        f"https://apis.map.qq.com/uri/v1/routeplan?type=walk&to={_quoted(name)}"
        f"&tocoord={at.lat},{at.lon}&coord_type=2&referer={APPLICATION}"
    )


def _degrees(pair: Floats) -> _Degrees:
    return _Degrees(f"{float(pair[0]):.6f}", f"{float(pair[1]):.6f}")


def _quoted(text: str) -> str:
    return quote(text, safe="")
