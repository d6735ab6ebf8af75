"""Ids of HSDS: UUIDs that are made from our own numbers and codes, so that they are the same in every answer."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f2f6a52-3f0b-5a3e-9f0e-4b8f6c1a7d10")
"""The namespace of all ids here; another one would make every station a new one to whoever keeps a copy."""


def identity(*parts: object) -> str:
    """The id of what some words name, such as a city, `location` and a number; order matters."""
    return str(uuid5(NAMESPACE, "/".join(map(str, parts))))
