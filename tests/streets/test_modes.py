from __future__ import annotations

import pytest

from geo.errors import InputError
from geo.settings import Settings
from geo.streets.modes import BACKWARD, BOTH, EBIKE, FORWARD, WALK, barrier_stops, directions, modes, with_speed

NEITHER = 0


def tags(text: str) -> dict[str, str]:
    """Tags written `key=value key=value`; the first may be the bare class of street."""
    pairs = [part if "=" in part else f"highway={part}" for part in text.split()]
    return dict(pair.split("=") for pair in pairs)


@pytest.mark.parametrize(
    ("way", "walk", "ebike"),
    [
        ("residential", BOTH, BOTH),
        ("residential access=private", NEITHER, NEITHER),
        ("residential access=private foot=yes", BOTH, NEITHER),
        ("service access=customers", BOTH, BOTH),
        ("service access=destination", BOTH, BOTH),
        ("residential bicycle=no", BOTH, NEITHER),
        ("residential vehicle=no", BOTH, NEITHER),
        ("residential vehicle=no bicycle=yes", BOTH, BOTH),
        ("residential bicycle=yes electric_bicycle=no", BOTH, NEITHER),
        ("residential foot=use_sidepath bicycle=use_sidepath", NEITHER, NEITHER),
        ("motorway", NEITHER, NEITHER),
        ("motorway bicycle=yes", NEITHER, BOTH),
        ("busway", NEITHER, NEITHER),
        ("primary motorroad=yes", NEITHER, NEITHER),
        ("trunk", NEITHER, BOTH),
        ("trunk sidewalk=both", BOTH, BOTH),
        ("trunk expressway=yes", NEITHER, NEITHER),
        ("footway", BOTH, NEITHER),
        ("footway bicycle=designated", BOTH, BOTH),
        ("footway access=yes", BOTH, NEITHER),
        ("pedestrian area=yes", BOTH, NEITHER),
        ("platform", BOTH, NEITHER),
        ("corridor", BOTH, NEITHER),
        ("elevator", BOTH, NEITHER),
        ("steps", BOTH, NEITHER),
        ("steps bicycle=yes", BOTH, NEITHER),
        ("steps conveying=forward", FORWARD, NEITHER),
        ("steps conveying=backward", BACKWARD, NEITHER),
        ("footway bicycle=dismount", BOTH, NEITHER),
        ("path", BOTH, BOTH),
        ("path foot=designated", BOTH, NEITHER),
        ("path foot=designated bicycle=designated", BOTH, BOTH),
        ("cycleway", BOTH, BOTH),
        ("cycleway foot=no", NEITHER, BOTH),
        ("trail", BOTH, NEITHER),
        ("construction", NEITHER, NEITHER),
        ("proposed", NEITHER, NEITHER),
        ("raceway", NEITHER, NEITHER),
        ("via_ferrata", NEITHER, NEITHER),
        ("residential oneway=yes", BOTH, FORWARD),
        ("residential oneway=-1", BOTH, BACKWARD),
        ("residential oneway=no", BOTH, BOTH),
        ("residential oneway=yes oneway:bicycle=no", BOTH, BOTH),
        ("residential oneway=yes cycleway=opposite_lane", BOTH, BOTH),
        ("residential oneway=yes cycleway:left=opposite_track", BOTH, BOTH),
        ("residential oneway=yes cycleway:left:oneway=-1", BOTH, BOTH),
        ("residential oneway:bicycle=yes", BOTH, FORWARD),
        ("residential oneway:foot=yes", FORWARD, BOTH),
        ("tertiary junction=roundabout", BOTH, FORWARD),
        ("tertiary junction=roundabout oneway=-1", BOTH, BACKWARD),
        ("route=ferry", NEITHER, NEITHER),
        ("building=yes", NEITHER, NEITHER),
    ],
)
def test_tags_say_who_may_go_which_way(way, walk, ebike):
    assert (directions(WALK, tags(way)), directions(EBIKE, tags(way))) == (walk, ebike)


@pytest.mark.parametrize(
    ("node", "walk", "ebike"),
    [
        ("barrier=gate", False, False),
        ("barrier=gate access=private", True, True),
        ("barrier=gate access=private foot=yes", False, True),
        ("barrier=gate locked=yes", True, True),
        ("barrier=bollard", False, False),
        ("barrier=kerb", False, False),
        ("barrier=cycle_barrier", False, False),
        ("barrier=stile", False, True),
        ("barrier=turnstile bicycle=yes", False, False),
        ("barrier=lift_gate access=no bicycle=yes", True, False),
        ("barrier=no access=no", False, False),
        ("crossing=zebra access=no", False, False),
    ],
)
def test_barriers_stop_whom_they_stop(node, walk, ebike):
    assert (barrier_stops(WALK, tags(node)), barrier_stops(EBIKE, tags(node))) == (walk, ebike)


def test_speeds_come_from_the_settings():
    chosen = modes(Settings(walk_speed_ms=1.0, ebike_speed_kmh=12))
    assert chosen["walk"].speed_ms == 1.0
    assert chosen["walk"].steps_speed_ms == pytest.approx(0.5)
    assert chosen["ebike"].speed_ms == pytest.approx(12 / 3.6)


def test_steps_are_slower_and_only_they():
    assert WALK.class_speed_ms("steps") == WALK.speed_ms / 2
    assert WALK.class_speed_ms("residential") == WALK.speed_ms


@pytest.mark.parametrize("speed_kmh", [0.0, -5.0, 25.1])
def test_an_illegal_speed_is_refused(speed_kmh):
    with pytest.raises(InputError, match="out of range"):
        with_speed(EBIKE, speed_kmh / 3.6)
