"""Several cities in one database, each with what is declared about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from geo.services.cities import (
    WhichCityError,
    get_city,
    import_declared,
    list_cities,
    new_city,
    remove_city,
    resolve_city,
)
from geo.settings import Settings
from geo.store import city_store, source_store
from geo.store.city_store import CityBusyError, CityExistsError, CityNameError, CityNotFoundError


@dataclass(frozen=True)
class Figure:
    metric: str = "union_stations"
    value: int = 784
    qualifier: str = "exact"
    wording: str = "打造784个工会驿站"
    area: str = "青岛市"
    as_of: str | None = "2025"
    owner: str = "青岛市总工会"
    source: str = "晚报"
    facility_type: str | None = "union_station"
    facility_class: str | None = None


@pytest.fixture
def qingdao(engine: Engine) -> Iterator[Engine]:
    new_city(engine, "qingdao", name="青岛", name_en="Qingdao")
    return engine


def test_a_new_city_is_listed_and_empty(qingdao: Engine) -> None:
    assert list_cities(qingdao) == [
        {
            "slug": "qingdao",
            "name": "青岛",
            "name_en": "Qingdao",
            "is_synthetic": False,
            "revision": 0,
            "facilities": 0,
            "has_streets": False,
            "has_demand": False,
        }
    ]


def test_a_name_is_taken_once(qingdao: Engine) -> None:
    with pytest.raises(CityExistsError, match="a city qingdao already"):
        new_city(qingdao, "qingdao", name="又一个")


@pytest.mark.parametrize("slug", ["青岛", "Qingdao", "../etc", ""])
def test_a_name_that_cannot_be_a_folder_is_refused_with_the_remedy(engine: Engine, slug: str) -> None:
    with pytest.raises(CityNameError, match="--name"):
        new_city(engine, slug, name="青岛")


def test_the_only_city_need_not_be_named(engine: Engine) -> None:
    with pytest.raises(CityNotFoundError, match="yiquan city new"):
        resolve_city(engine, None)
    new_city(engine, "qingdao", name="青岛")
    assert resolve_city(engine, None) == "qingdao"
    new_city(engine, "jinan", name="济南")
    with pytest.raises(WhichCityError, match="jinan, qingdao"):
        resolve_city(engine, None)
    assert resolve_city(engine, "jinan") == "jinan"
    with pytest.raises(CityNotFoundError, match="There is jinan, qingdao"):
        resolve_city(engine, "yantai")


def test_a_removed_city_leaves_no_folder_and_others_alone(qingdao: Engine, tmp_path: Path) -> None:
    new_city(qingdao, "jinan", name="济南")
    settings = Settings(data_dir=tmp_path)
    for slug in ("qingdao", "jinan"):
        (tmp_path / "cities" / slug / "streets").mkdir(parents=True)
    remove_city(qingdao, settings, "qingdao")
    assert [city["slug"] for city in list_cities(qingdao)] == ["jinan"]
    assert [path.name for path in (tmp_path / "cities").iterdir()] == ["jinan"]


def test_an_import_that_waits_too_long_for_another_says_so(qingdao: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city_store, "CITY_LOCK_TIMEOUT_S", 1)
    city = get_city(qingdao, "qingdao")
    with qingdao.begin() as connection:
        city_store.lock_city(connection, city.city_id)
        with pytest.raises(CityBusyError, match="nothing was changed"):
            import_declared(qingdao, "qingdao", [Figure()])
    assert import_declared(qingdao, "qingdao", [Figure()]) == 1


def test_imports_of_two_cities_do_not_wait_for_each_other(qingdao: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city_store, "CITY_LOCK_TIMEOUT_S", 1)
    new_city(qingdao, "jinan", name="济南")
    with qingdao.begin() as connection:
        city_store.lock_city(connection, get_city(qingdao, "jinan").city_id)
        assert import_declared(qingdao, "qingdao", [Figure()]) == 1


def test_a_figure_is_declared_once_and_may_be_corrected(qingdao: Engine) -> None:
    before = get_city(qingdao, "qingdao").revision
    assert import_declared(qingdao, "qingdao", [Figure()]) == 1
    assert import_declared(qingdao, "qingdao", [Figure()]) == 0
    assert import_declared(qingdao, "qingdao", [replace(Figure(), value=790, wording="790个")]) == 1
    with qingdao.connect() as connection:
        city = city_store.city_by_slug(connection, "qingdao")
        figures = source_store.load_declared_figures(connection, city.city_id)
    assert [(figure["value"], figure["wording"], figure["source_name"]) for figure in figures] == [
        (790, "790个", "晚报")
    ]
    assert city.revision == before + 2


def test_figures_of_other_owners_areas_or_dates_are_other_figures(qingdao: Engine) -> None:
    figures = [
        Figure(),
        replace(Figure(), owner="西海岸新区总工会"),
        replace(Figure(), area="西海岸新区"),
        replace(Figure(), as_of="2021-03-23"),
        replace(Figure(), as_of=None),
    ]
    assert import_declared(qingdao, "qingdao", figures) == 5


def test_the_declared_figures_of_qingdao_can_be_stored(qingdao: Engine) -> None:
    from data.declared import DECLARED_FIGURES

    assert import_declared(qingdao, "qingdao", DECLARED_FIGURES) == len(DECLARED_FIGURES)
    with qingdao.connect() as connection:
        city = city_store.city_by_slug(connection, "qingdao")
        values = {row["metric"]: row["value"] for row in source_store.load_declared_figures(connection, city.city_id)}
    assert values["union_stations"] == 784
