"""
How people travel: walking and riding an e-bike, as data.

Nothing else in the product knows that there are two modes. What a mode may use is read from OSM tags by the rules
below, once, when an extract is read.

What is decided here, for every mode
    The most specific tag wins: `foot` over `access` on foot; `electric_bicycle` over `bicycle` over `vehicle` over
    `access` by e-bike. `private`, `no`, `permit`, `residents`, `employees`, `delivery`, military, forestry and farm
    ways are closed: a courtyard behind a gate joins the network at the public street. `customers` and `destination` are
    open, for a station's visitor is both. Motorways, their slip roads, busways, `motorroad` and `expressway` are closed
    unless the mode is named on them. What is not there yet or no longer (construction, proposed, disused, abandoned,
    razed) is closed. A barrier closes a street when its own tags say so (`access=private`, `locked=yes` …) or when its
    kind stops the mode (an e-bike at a stile or a turnstile). The street stays usable up to the barrier from both
    sides. Kerbs, bollards and cycle barriers let everyone pass. Ferries are not used: they have a timetable and a wait,
    and a ten-minute circle must hold at any minute. Opening hours of ways, turn restrictions, signals and slopes are
    not modelled: a way open at some hours counts as open, a rider who may not turn can get off and push, and no time is
    lost at crossings.

On foot
    One-way signs are for vehicles. Only `oneway:foot` and moving stairs (`conveying=forward|backward`) point one way.
    Trunk roads count only where people on foot are named or a sidewalk is mapped. A street that says
    `foot=use_sidepath` is closed: its sidewalk is a way of its own. Lifts, platforms (`railway=platform` and
    `public_transport=platform` without a `highway` as well), indoor corridors and the rims of pedestrian squares are
    walked; a lift costs no wait.

By e-bike
    Footways, pedestrian streets, platforms, corridors and lifts need a permission; a path designated for walkers does
    too. Steps never count, `bicycle=dismount` and `use_sidepath` neither. One-way streets and roundabouts are kept,
    with the exceptions made for bicycles (`oneway:bicycle`, `cycleway=opposite…`, a contraflow lane on one side).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from geo.errors import InputError
from geo.settings import Settings

FORWARD = 1
"""Direction bit of a way that may be used as it was drawn."""
BACKWARD = 2
"""Direction bit of a way that may be used against its drawing."""
BOTH = FORWARD | BACKWARD

LEGAL_EBIKE_KMH = 25.0
"""The fastest (in km/h) an e-bike may go by GB 17761-2024; nothing is planned on more."""

HIGHWAYS = (
    "other",
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "pedestrian",
    "footway",
    "steps",
    "path",
    "cycleway",
    "track",
    "bridleway",
    "road",
    "corridor",
    "platform",
    "elevator",
    "busway",
)
"""Classes of street; an edge keeps the position in this list."""
PLATFORM_TAGS = (("railway", "platform"), ("public_transport", "platform"))
"""Tags of platforms that are mapped without a `highway`: they are walked to and across like any footway."""
NOT_A_STREET = frozenset(
    {
        "abandoned",
        "bus_guideway",
        "bus_stop",
        "construction",
        "demolished",
        "disused",
        "emergency_bay",
        "escape",
        "no",
        "planned",
        "proposed",
        "raceway",
        "razed",
        "removed",
        "rest_area",
        "services",
        "toll_gantry",
        "via_ferrata",
    }
)
EXPRESSWAYS = frozenset({"motorway", "motorway_link", "busway"})
"""Ways built for motor traffic alone."""
PERMITTED = frozenset({"yes", "designated", "permissive", "official", "destination", "customers", "public"})
REFUSED = frozenset(
    {
        "no",
        "private",
        "permit",
        "residents",
        "employees",
        "staff",
        "members",
        "delivery",
        "military",
        "restricted",
        "forestry",
        "agricultural",
        "emergency",
        "use_sidepath",
        "dismount",
    }
)


RULE_KEYS = frozenset(
    {
        "access",
        "barrier",
        "bicycle",
        "conveying",
        "cycleway",
        "cycleway:both",
        "cycleway:both:oneway",
        "cycleway:left",
        "cycleway:left:oneway",
        "cycleway:oneway",
        "cycleway:right",
        "cycleway:right:oneway",
        "electric_bicycle",
        "expressway",
        "foot",
        "highway",
        "junction",
        "locked",
        "motorroad",
        "oneway",
        "oneway:bicycle",
        "oneway:foot",
        "public_transport",
        "railway",
        "sidewalk",
        "vehicle",
    }
)
"""Every tag that the rules read; ways that agree in these are treated alike."""


@dataclass(frozen=True)
class Mode:
    """
    One way of travelling: its speeds, its overheads, and what it may use.

    Speeds are metres per second along the ground. `top_speed_ms` is what a tile's halo may rely on; every graph asserts
    it.
    """

    code: str
    name: str
    name_en: str
    speed_ms: float
    steps_speed_ms: float
    off_street_speed_ms: float
    arrival_overhead_s: float
    snap_limit_m: float
    top_speed_ms: float
    cell_resolution: int
    access_tags: tuple[str, ...]
    on_permission: frozenset[str]
    never: frozenset[str]
    stopped_by: frozenset[str]
    follows_oneway: bool

    @property
    def arrival_overhead_ds(self) -> int:
        """Parking and reaching the door, in deciseconds."""
        return round(10 * self.arrival_overhead_s)

    def class_speed_ms(self, highway: str) -> float:
        """Speed (in metres per second) on a class of street."""
        return self.steps_speed_ms if highway == "steps" else self.speed_ms


WALK = Mode(
    code="walk",
    name="步行",
    name_en="Walking",
    speed_ms=1.2,
    steps_speed_ms=0.6,
    off_street_speed_ms=1.2,
    arrival_overhead_s=0.0,
    snap_limit_m=200.0,
    top_speed_ms=1.4,
    cell_resolution=10,
    access_tags=("foot", "access"),
    on_permission=EXPRESSWAYS | {"trunk", "trunk_link"},
    never=NOT_A_STREET,
    stopped_by=frozenset(),
    follows_oneway=False,
)

EBIKE = Mode(
    code="ebike",
    name="电动自行车",
    name_en="E-bike",
    speed_ms=15 / 3.6,
    steps_speed_ms=15 / 3.6,
    off_street_speed_ms=1.2,
    arrival_overhead_s=60.0,
    snap_limit_m=300.0,
    top_speed_ms=LEGAL_EBIKE_KMH / 3.6,
    cell_resolution=9,
    access_tags=("electric_bicycle", "bicycle", "vehicle", "access"),
    on_permission=EXPRESSWAYS | {"footway", "pedestrian", "platform", "corridor", "elevator", "bridleway"},
    never=NOT_A_STREET | {"steps"},
    stopped_by=frozenset({"stile", "kissing_gate", "turnstile", "full-height_turnstile", "horse_stile", "sally_port"}),
    follows_oneway=True,
)


def with_speed(mode: Mode, speed_ms: float) -> Mode:
    """
    The same mode at another speed (in metres per second); steps slow down in proportion.

    Raises
    ------
    InputError
        The speed is not positive or above the mode's top speed.
    """
    if not 0 < speed_ms <= mode.top_speed_ms + 1e-9:
        raise InputError(
            f"A speed of {speed_ms:g} m/s is out of range for mode '{mode.code}': "
            f"choose one above 0 and at most {mode.top_speed_ms:.2f} m/s."
        )
    return replace(mode, speed_ms=speed_ms, steps_speed_ms=mode.steps_speed_ms * speed_ms / mode.speed_ms)


def modes(settings: Settings) -> Mapping[str, Mode]:
    """Every mode by its code, at the speeds this installation chose."""
    chosen = (with_speed(WALK, settings.walk_speed_ms), with_speed(EBIKE, settings.ebike_speed_kmh / 3.6))
    return MappingProxyType({mode.code: mode for mode in chosen})


def directions(mode: Mode, tags: Mapping[str, str]) -> int:
    """In which directions a mode may use a way: `FORWARD`, `BACKWARD`, both, or 0 for neither."""
    drawn = street_class(tags)
    if not drawn or drawn in mode.never:
        return 0
    highway = drawn if drawn in HIGHWAYS else "footway"
    if not _may_use(mode, highway, tags):
        return 0
    return _vehicle_directions(tags) if mode.follows_oneway else _foot_directions(highway, tags)


def street_class(tags: Mapping[str, str]) -> str | None:
    """What kind of street a way is by its tags, whether known here or not; None if it is no street."""
    highway = tags.get("highway")
    if highway:
        return highway
    return "platform" if any(tags.get(key) == value for key, value in PLATFORM_TAGS) else None


def barrier_stops(mode: Mode, tags: Mapping[str, str]) -> bool:
    """Whether the barrier with these tags ends a way for a mode."""
    if tags.get("barrier", "no") == "no":
        return False
    permission = _permission(mode, tags)
    if permission is not None:
        return permission in REFUSED
    return tags.get("locked") == "yes" or tags["barrier"] in mode.stopped_by


def _permission(mode: Mode, tags: Mapping[str, str]) -> str | None:
    """The value of the most specific access tag that says anything, or None."""
    for tag in mode.access_tags:
        value = tags.get(tag)
        if value is not None and (value in REFUSED or value in PERMITTED):
            return value
    return None


def _may_use(mode: Mode, highway: str, tags: Mapping[str, str]) -> bool:
    """Whether the permissions on a way let a mode use it in some direction."""
    permission = _permission(mode, tags)
    if permission in REFUSED:
        return False
    if highway in mode.on_permission or _is_expressway(tags) or _is_walkers_path(mode, highway, tags):
        return _is_named(mode, tags)
    return True


def _is_expressway(tags: Mapping[str, str]) -> bool:
    """Whether a way is built like a motorway whatever its class."""
    return tags.get("motorroad") == "yes" or tags.get("expressway") == "yes"


def _is_walkers_path(mode: Mode, highway: str, tags: Mapping[str, str]) -> bool:
    """Whether a path is a footway by another name, which a vehicle needs a permission for."""
    return mode.follows_oneway and highway == "path" and tags.get("foot") == "designated"


def _is_named(mode: Mode, tags: Mapping[str, str]) -> bool:
    """
    Whether a way permits the mode by name; `access=yes` alone does not open a trunk road to walkers or a footway to
    riders.
    """
    specific = [tag for tag in mode.access_tags if tag not in ("access", "vehicle")]
    if any(tags.get(tag) in PERMITTED for tag in specific):
        return True
    return not mode.follows_oneway and tags.get("sidewalk") in {"both", "left", "right", "yes"}


def _foot_directions(highway: str, tags: Mapping[str, str]) -> int:
    """Directions on foot: both, but for moving stairs and ways that are one-way for walkers."""
    for value in (
        tags.get("oneway:foot"),
        tags.get("conveying") if highway in {"steps", "footway", "corridor"} else None,
    ):
        if value in {"yes", "forward", "1"}:
            return FORWARD
        if value in {"-1", "backward"}:
            return BACKWARD
    return BOTH


def _vehicle_directions(tags: Mapping[str, str]) -> int:
    """Directions by e-bike: one-way streets and roundabouts, and the exceptions made for bicycles."""
    for_bicycles = tags.get("oneway:bicycle")
    if for_bicycles is None and _has_contraflow_lane(tags):
        return BOTH
    value = for_bicycles or tags.get("oneway")
    if value is None and tags.get("junction") in {"roundabout", "circular"}:
        return FORWARD
    if value in {"yes", "true", "1"}:
        return FORWARD
    return BACKWARD if value in {"-1", "reverse"} else BOTH


def _has_contraflow_lane(tags: Mapping[str, str]) -> bool:
    """Whether a cycle lane runs against a one-way street."""
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    return any(
        tags.get(side, "").startswith("opposite") or tags.get(f"{side}:oneway") in {"no", "-1"} for side in sides
    )
