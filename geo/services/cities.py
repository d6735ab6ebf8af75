"""Cities: make, list, choose and remove them, each with what was declared about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from geo.errors import InputError
from geo.settings import Settings
from geo.store import city_store, source_store
from geo.store.city_store import City, CityNotFoundError
from geo.store.source_store import Declared


class WhichCityError(InputError):
    """Several cities are there and none was named."""

    def __init__(self, known: list[str]) -> None:
        super().__init__(f"There are several cities ({', '.join(known)}). Say which one with --city or YIQUAN_CITY.")


def new_city(
    engine: Engine, slug: str, *, name: str, name_en: str | None = None, is_synthetic: bool = False
) -> dict[str, Any]:
    """Make an empty city; raises CityExistsError and CityNameError."""
    with engine.begin() as connection:
        city = city_store.create_city(connection, slug, name=name, name_en=name_en, is_synthetic=is_synthetic)
    return _described(city)


def list_cities(engine: Engine) -> list[dict[str, Any]]:
    """All cities by short name, each with the number of its facilities and whether streets and demand are there."""
    with engine.connect() as connection:
        contents = city_store.contents(connection)
        return [_described(city) | contents[city.city_id] for city in city_store.list_cities(connection)]


def get_city(engine: Engine, slug: str) -> City:
    """The city of a short name; raises CityNotFoundError."""
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, slug)


def resolve_city(engine: Engine, named: str | None) -> str:
    """
    Short name of the city that is meant: the one named, else the only one there is.

    Raises
    ------
    CityNotFoundError
        The city named is not there, or there is none at all.
    WhichCityError
        Several are there and none was named.
    """
    with engine.connect() as connection:
        if named:
            return city_store.city_by_slug(connection, named).slug
        known = [city.slug for city in city_store.list_cities(connection)]
    if len(known) > 1:
        raise WhichCityError(known)
    if not known:
        raise CityNotFoundError("to work on", known)
    return known[0]


def remove_city(engine: Engine, settings: Settings, slug: str) -> None:
    """Remove a city: its rows first, then its folder of streets and snapshots; raises CityNotFoundError."""
    with engine.begin() as connection:
        city = city_store.city_by_slug(connection, slug)
        city_store.lock_city(connection, city.city_id)
        city_store.delete_city(connection, city.city_id)
    # The rows are the record: if the folder cannot go now, nothing points to it any more.
    shutil.rmtree(settings.data_dir / "cities" / slug, ignore_errors=True)


def import_declared(engine: Engine, city_slug: str, figures: Iterable[Declared]) -> int:
    """
    Write down what is declared about a city; returns how many figures are new or have changed.

    Raises
    ------
    CityNotFoundError
        There is no such city.
    """
    with engine.begin() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        city_store.lock_city(connection, city.city_id)
        changed = source_store.put_declared_figures(connection, city.city_id, figures)
        if changed:
            city_store.bump_revision(connection, city.city_id)
    return changed


def _described(city: City) -> dict[str, Any]:
    return {
        "slug": city.slug,
        "name": city.name,
        "name_en": city.name_en,
        "is_synthetic": city.is_synthetic,
        "revision": city.revision,
    }
