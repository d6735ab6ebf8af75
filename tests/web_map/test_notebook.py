"""What notebooks get: a folium map that carries its data, and frames that `explore` can draw."""

from __future__ import annotations

import folium
import numpy as np
import pytest

import yiquan
from geo.coverage.question import UnknownWordError
from geo.places.vocabulary import UnknownCodeError
from geo.settings import Settings
from tests.web_map.conftest import toy_city
from web_map.notebook import NoCityOnDiskError, SeveralCitiesError


@pytest.fixture(scope="module")
def city():
    return toy_city()


@pytest.fixture(scope="module")
def answer(city):
    return yiquan.ask(city, mode="walk", minutes=10, types=["工会驿站"])


def frames(city, answer):
    return {
        "cells": yiquan.cells_frame(answer),
        "facilities": yiquan.facilities_frame(city, answer),
        "gaps": yiquan.gaps_frame(city, answer),
        "districts": yiquan.districts_frame(city, answer),
        "streets": yiquan.streets_frame(city, answer),
    }


def test_a_question_may_be_asked_in_chinese(answer):
    assert answer.question.types == ("union_station",)
    assert answer.tally.covered > 0


def test_a_word_nobody_knows_is_refused(city):
    with pytest.raises((UnknownWordError, UnknownCodeError)):
        yiquan.ask(city, types=["饭店"])


def test_frames_are_in_degrees_with_columns_that_explore_can_draw(city, answer):
    for name, frame in frames(city, answer).items():
        assert frame.crs == "EPSG:4326", name
        numbers = frame.drop(columns="geometry").select_dtypes("number")
        assert {str(kind) for kind in numbers.dtypes} <= {"int64", "float64"}, name
        assert not frame.drop(columns="geometry").select_dtypes("bool").shape[1], name


def test_frames_hold_the_answer(city, answer):
    found = frames(city, answer)
    assert found["cells"]["covered_people"].sum() == pytest.approx(answer.tally.covered, abs=1)
    assert found["facilities"]["counts"].sum() == answer.eligible.sum()
    assert found["gaps"]["people"].sum() == pytest.approx(answer.gaps.people, abs=0.1)
    assert found["districts"]["covered"].tolist() == answer.districts["covered"].tolist()
    assert np.isfinite(found["cells"].loc[found["cells"]["share"] > 0, "minutes"]).any()


@pytest.mark.parametrize(("name", "column"), [("cells", "minutes"), ("facilities", "counts"), ("gaps", "people")])
def test_explore_draws_the_frames(city, answer, name, column):
    pytest.importorskip("mapclassify")
    pytest.importorskip("matplotlib")
    frame = frames(city, answer)[name]
    drawn = frame.explore(column) if len(frame) > 1 else frame.explore()
    assert isinstance(drawn, folium.Map)
    assert "geo_json" in drawn.get_root().render()


def test_the_map_shows_itself_and_links_to_nothing(city, answer):
    chart = yiquan.city_map(city, answer)
    assert isinstance(chart, folium.Map)
    shown = chart._repr_html_()
    for word in ("<iframe", "data:text/javascript;base64,", "data:application/octet-stream;base64,"):
        assert word in shown
    for host in ("cdn.", "jsdelivr", "cloudflare", "googleapis", "src=&quot;http", "href=&quot;http"):
        assert host not in shown


@pytest.mark.browser
def test_the_map_shows_inside_a_notebook(new_page, city, answer, tmp_path):
    """A notebook sets the map into a frame of its own; the page around it here is no more than that."""
    path = tmp_path / "cell.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{yiquan.city_map(city, answer)._repr_html_()}", "utf-8")
    page = new_page(offline=True, viewport={"width": 1000, "height": 700})
    page.goto(f"file://{path}")
    inner = page.frame_locator("iframe")
    inner.locator("canvas.leaflet-tile").first.wait_for(state="attached")
    page.wait_for_timeout(500)
    painted = inner.locator("body").evaluate(
        """() => [...document.querySelectorAll("canvas.leaflet-tile")].some((tile) =>
          tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data.some((byte) => byte > 0))"""
    )
    assert painted
    assert page.title() == ""


def test_a_machine_without_a_city_says_what_to_do(tmp_path):
    with pytest.raises(NoCityOnDiskError, match="yiquan snapshot build"):
        yiquan.open_city(settings=Settings(data_dir=tmp_path, city=None))


def test_several_cities_want_a_name(tmp_path):
    for slug in ("jinan", "qingdao"):
        (tmp_path / "cities" / slug / "snapshots").mkdir(parents=True)
    with pytest.raises(SeveralCitiesError, match="jinan, qingdao"):
        yiquan.open_city(settings=Settings(data_dir=tmp_path, city=None))
    with pytest.raises(NoCityOnDiskError, match="jinan"):
        yiquan.open_city("jinan", settings=Settings(data_dir=tmp_path, city=None))
