"""The bodies of answers about facilities, from the core's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from api.served import Served
from geo.datum import Datum, from_wgs84
from geo.places.hours import OpenState
from geo.services.nearest import DOUBT_DS, Hit, Nearest, NearestQuestion
from geo.services.nearest_of_many import NearestOfMany

HIT_FIELDS = (
    "rank",
    "travel_s",
    "straight_m",
    "modes",
    "open",
    "handoff",
    "position",
    "code",
    "name",
    "type",
    "class",
    "networks",
    "status",
    "address",
    "landmark",
    "district",
    "street",
    "hours",
    "amenities",
    "services",
    "entry",
    "groups",
    "first_use_needs",
    "entry_note",
    "attended",
    "floor",
    "bike_parking",
    "seats",
    "capacity",
    "step_free",
    "public_phone",
    "verified",
    "source",
    "synthetic",
    "doubted",
    "page",
)
"""What a hit can say; `fields` picks from these."""

RANK = {"by": "travel_s", "doubted_extra_s": DOUBT_DS / 10}
"""How hits are ranked: by their time, those that riders doubt as though so much farther."""

NOTICES: Mapping[str, Mapping[str, str]] = {
    "outside_network": {
        "zh": "这个位置附近没有可通行的道路,无法计算路程。",
        "en": "No street that can be used is near this position, so no trip can be computed.",
    },
    "none_open": {
        "zh": "没有在您到达时开放的站点,以下是最早开放的站点。",
        "en": "No place that fits is open when you get there; these open first.",
    },
    "none_matching": {"zh": "没有符合条件的站点。", "en": "No place fits these wishes."},
    "none_in_street": {
        "zh": "所在镇街没有登记的网格工作站,以下是最近的。",
        "en": "No grid workstation is registered in this street; these are the nearest.",
    },
    "none_mapped": {
        "zh": "本市的街道数据里没有标注公共厕所,不代表附近没有。",
        "en": "The city's street map has no public toilet in it, which does not mean that there is none.",
    },
    "none_within_an_hour": {
        "zh": "一小时路程内没有已标注的公共厕所。",
        "en": "No mapped public toilet is within an hour.",
    },
}
"""Why an answer is empty, in words for people."""


def nearest_body(served: Served, answer: Nearest, values: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The GeoJSON answer to a question about one point."""
    question = answer.question
    datum, wanted = Datum(values["coord"]), values["fields"]
    features = [
        hit_feature(served, hit, rank, question.mode, datum, wanted) for rank, hit in enumerate(answer.hits, start=1)
    ]
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "numberReturned": len(features),
        "query": asked_words(values, question, answer.snap_m),
        "rank": RANK,
        "snapshot": served.stamp,
        "synthetic": served.snapshot.city.is_synthetic,
        "features": features,
    }
    notice = notice_of(answer)
    if notice is not None:
        body["notice"], body["message"] = notice, NOTICES[notice][lang]
    if answer.fallback:
        body["fallback"] = [
            hit_feature(served, hit, rank, question.mode, datum, wanted)
            for rank, hit in enumerate(answer.fallback, start=1)
        ]
    return body


def asked_words(values: Mapping[str, Any], question: NearestQuestion, snap_m: float | None) -> dict[str, Any]:
    """The question as it was understood, in the datum it was asked in."""
    return {
        "lon": values["lon"],
        "lat": values["lat"],
        "coord": values["coord"],
        "mode": question.mode,
        "at": question.at.isoformat(timespec="seconds"),
        "open": question.must_be_open,
        "snap_m": None if snap_m is None else round(snap_m, 1),
    }


def notice_of(answer: Nearest) -> str | None:
    """Why there are no hits; None when there are."""
    if answer.off_network:
        return "outside_network"
    if answer.hits:
        return None
    return "none_open" if answer.fallback else "none_matching"


def hit_feature(served: Served, hit: Hit, rank: int, mode: str, datum: Datum, wanted: frozenset[str]) -> dict[str, Any]:
    """One facility of an answer as a GeoJSON feature. Its geometry is WGS-84 whatever datum was asked in (RFC 7946)."""
    snapshot = served.snapshot
    lon, lat = float(snapshot.lon[hit.position]), float(snapshot.lat[hit.position])
    properties: dict[str, Any] = {
        "rank": rank,
        "travel_s": hit.time_ds / 10,
        "straight_m": round(hit.straight_m),
        "modes": {
            code: None if time_ds is None else {"travel_s": time_ds / 10}
            for code, time_ds in hit.time_ds_by_mode.items()
        },
        "open": open_words(hit.open_now, hit.open_on_arrival),
        "handoff": served.handoff(hit.position, mode),
        **served.records[hit.position],
    }
    if datum is not Datum.WGS84:
        properties["position"] = shifted(lon, lat, datum)
    if wanted:
        properties = {name: value for name, value in properties.items() if name in wanted}
    identity = str(hit.facility_id)
    return {
        "type": "Feature",
        "id": identity,
        "geometry": {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]},
        "properties": properties,
        "links": [{"rel": "item", "href": f"/facilities/{identity}", "type": "application/geo+json"}],
    }


def open_words(now: OpenState, on_arrival: OpenState) -> dict[str, Any]:
    """Whether a door is open now and on arrival, until when, from when. `null` is: hours not known."""
    return {
        "now": is_open(now),
        "on_arrival": is_open(on_arrival),
        "until": moment_or_none(on_arrival.until),
        "opens_at": moment_or_none(on_arrival.opens_at),
        "certain": bool(on_arrival.certain),
    }


def is_open(state: OpenState) -> bool | None:
    """Open, closed, or not known."""
    return {"open": True, "closed": False}.get(state.state)


def moment_or_none(moment: datetime | None) -> str | None:
    """A moment in RFC 3339, to the second."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def shifted(lon: float, lat: float, datum: Datum) -> list[float]:
    """A position in another datum, to a centimetre or so."""
    x, y = from_wgs84(np.array([lon]), np.array([lat]), datum)
    return [round(float(x[0]), 7), round(float(y[0]), 7)]


def facility_body(served: Served, position: int, at: datetime, coord: str) -> dict[str, Any]:
    """One facility as a GeoJSON feature."""
    snapshot = served.snapshot
    lon, lat = float(snapshot.lon[position]), float(snapshot.lat[position])
    state = snapshot.timetable.state(position, at)
    properties = {
        **served.records[position],
        "codes": dict(snapshot.facilities["codes"].iloc[position]),
        "amenities_checked": dict(snapshot.facilities["amenities_checked"].iloc[position]),
        "open": {
            "now": is_open(state),
            "until": moment_or_none(state.until),
            "opens_at": moment_or_none(state.opens_at),
            "certain": bool(state.certain),
        },
        "handoff": {mode: served.handoff(position, mode) for mode in snapshot.modes},
    }
    if coord != Datum.WGS84:
        properties["position"] = shifted(lon, lat, Datum(coord))
    return {
        "type": "Feature",
        "id": str(snapshot.facility_ids[position]),
        "geometry": {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]},
        "properties": properties,
        "snapshot": served.stamp,
    }


def batch_body(served: Served, answer: NearestOfMany, values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The answer to many points, in columns: for each point the ids and the seconds, nearest first."""
    return {
        "mode": values["mode"],
        "coord": values["coord"],
        "at": at.isoformat(timespec="seconds"),
        "snapshot": served.stamp,
        "synthetic": served.snapshot.city.is_synthetic,
        "ids": answer.ids,
        "travel_s": answer.travel_s,
        "outside_network": answer.outside_network,
        "rank": RANK,
        "doubted": answer.doubted,
    }
