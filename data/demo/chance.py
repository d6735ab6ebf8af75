"""
Chance that repeats itself: numbers drawn from a place or an index, the same for the same seed on every machine.

Streams of a generator depend on how many numbers were drawn before; a hash of a lattice point does not, so a street
keeps its bend when its neighbour is drawn differently.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.types import Floats

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each named part, so that one part can change without moving the others."""
    return np.random.default_rng([seed, *name.encode()])


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit integers (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    mixed: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed


def chance(*keys: ArrayLike) -> Floats:
    """Evenly spread numbers in [0, 1), one per row of the integer keys."""
    columns = np.broadcast_arrays(*[np.atleast_1d(np.asarray(key)).astype(np.int64) for key in keys])
    state = np.zeros(columns[0].shape, np.uint64)
    for column in columns:
        state = _mixed(state + _GOLDEN + column.astype(np.uint64))
    return (state >> np.uint64(11)).astype(np.float64) / 2.0**53


def smooth_noise(x_m: Floats, y_m: Floats, wave_m: float, seed: int, name: str) -> Floats:
    """A gentle random surface between about -1 and 1 whose hills are some metres apart."""
    waves = stream(seed, name)
    total = np.zeros(np.shape(x_m))
    for _ in range(6):
        angle, phase = waves.uniform(0, 2 * np.pi, 2)
        length_m = wave_m * waves.uniform(0.7, 1.6)
        total += np.sin(2 * np.pi * (np.cos(angle) * x_m + np.sin(angle) * y_m) / length_m + phase)
    return total / 3.0
