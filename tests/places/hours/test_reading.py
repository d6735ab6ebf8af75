"""Hours as unions write them, read into rules; what cannot be read is kept and marked."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import opening_hours
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.places.hours import OpeningHours, Timetable, hours_to_osm, hours_to_words, parse_hours
from geo.places.hours.rules import DAY_MIN, OpeningRule
from geo.places.hours.timetable import SHANGHAI
from tests.support.real_data import real_data

READ = {
    # text: the same in OpenStreetMap's syntax
    "08:00-20:00": "08:00-20:00",
    "周一至周五 08:00-12:00,14:00-18:00": "Mo-Fr 08:00-12:00,14:00-18:00",
    "24小时": "24/7",
    "全天24小时开放": "24/7",
    "全天": "24/7",
    "7×24小时": "24/7",
    "00:00-24:00": "24/7",
    "18:00-次日02:00": "18:00-26:00",
    "晚上8点至次日早6点": "20:00-30:00",
    "22:00-6:00": "22:00-30:00",
    "8:30—11:00 13:30—17:00": "08:30-11:00,13:30-17:00",
    "上午8:30-11:30，下午1:30-5:30": "08:30-11:30,13:30-17:30",
    "上午8:30-11:30，下午13:30-17:30": "08:30-11:30,13:30-17:30",
    "星期一至星期五 上午9:00-12:00 下午14:00-17:00": "Mo-Fr 09:00-12:00,14:00-17:00",
    "上午八点半至下午五点": "08:30-17:00",
    "早八点到晚十点": "08:00-22:00",
    "早7晚9": "07:00-21:00",
    "8-20点": "08:00-20:00",
    "0830-1730": "08:30-17:30",
    "8.30-17.30": "08:30-17:30",
    "8点30分到17点30分": "08:30-17:30",
    "周一至周五：８：００－１７：００": "Mo-Fr 08:00-17:00",
    "周一至周五8:30-17:30；周六、周日9:00-16:00": "Mo-Fr 08:30-17:30; Sa-Su 09:00-16:00",
    "周一、三、五 9:00-12:00": "Mo,We,Fr 09:00-12:00",
    "周六日 9:00-16:00": "Sa-Su 09:00-16:00",
    "周1-5 9:00-16:00": "Mo-Fr 09:00-16:00",
    "周五至周一 9:00-16:00": "Mo,Fr-Su 09:00-16:00",
    "8:30-17:30（周一至周五）": "Mo-Fr 08:30-17:30",
    "周二至周日9:00-17:00（周一闭馆）": "Tu-Su 09:00-17:00",
    "8:00-18:00 周末休息": "Mo-Fr 08:00-18:00",
    "周六周日休息，其余时间 9:00-17:00": "Mo-Fr 09:00-17:00",
    "开放时间：每天6:00-22:00": "06:00-22:00",
    "全年无休 6:00-22:00": "06:00-22:00",
    "周一至周日 9:00-17:00（法定节假日除外）": "09:00-17:00; PH off",
    "除法定节假日外，每日9:00-17:00": "09:00-17:00; PH off",
    "工作日8:30-17:30，节假日不开放": "Mo-Fr 08:30-17:30; PH off",
    "工作日 9:00-17:00": "Mo-Fr 09:00-17:00; PH off",
    "每周一至周五9:00-17:00(含法定节假日)": "Mo-Fr 09:00-17:00",
    "节假日照常开放 8:00-20:00": "08:00-20:00",
    "周一至周五 8:30-17:30 周末及节假日 9:00-16:00": "Mo-Fr 08:30-17:30; Sa-Su 09:00-16:00; PH 09:00-16:00",
    "夏季(5月-9月)8:00-20:00，冬季9:00-18:00": "May 01-Sep 30 08:00-20:00; Oct 01-Apr 30 09:00-18:00",
    "夏季（5月1日至9月30日）8:00-20:00；冬季（10月1日至次年4月30日）8:30-17:30": (
        "May 01-Sep 30 08:00-20:00; Oct 01-Apr 30 08:30-17:30"
    ),
    "6-8月 7:00-21:00；9月-次年5月 8:00-20:00": "Jun 01-Aug 31 07:00-21:00; Sep 01-May 31 08:00-20:00",
    "Mo-Fr 08:00-18:00; PH off": "Mo-Fr 08:00-18:00; PH off",
    "24/7": "24/7",
}

UNSURE = {
    # text: what is made of the part that was understood
    "工作日开放": "Mo-Fr 00:00-24:00 unknown; PH off",
    "周一至周五": "Mo-Fr 00:00-24:00 unknown",
    "看店主心情": "",
    "开放": "",
    "": "",
    "8:00": "",
    "8:00-": "",
    "25:00-26:00": "",
    "8:70-9:00": "",
    "13月-15月 8:00-20:00": "08:00-20:00 unknown",
    "8:00-20:00（雨天除外）": "08:00-20:00 unknown",
    "约8:00-20:00": "08:00-20:00 unknown",
    "8:00-20:00，需预约": "08:00-20:00 unknown",
    "夏季8:00-20:00，冬季9:00-18:00": "May 01-Sep 30 08:00-20:00 unknown; Oct 01-Apr 30 09:00-18:00 unknown",
    "Mo-Fr sunrise-sunset": "",
    "Mo-Fr 08:00-18:00 unknown": "Mo-Fr 08:00-18:00 unknown",
    "<script>8:00-20:00</script>": "08:00-20:00 unknown",
}


@pytest.mark.parametrize("text", READ)
def test_what_unions_write_is_read(text: str) -> None:
    hours = parse_hours(text)
    assert (hours_to_osm(hours), hours.certain, hours.text) == (READ[text], True, text)


@pytest.mark.parametrize("text", UNSURE)
def test_what_was_not_understood_is_never_certain_and_never_lost(text: str) -> None:
    hours = parse_hours(text)
    assert (hours_to_osm(hours), hours.certain, hours.text) == (UNSURE[text], False, text)
    assert not any(rule.certain for rule in hours.rules)


def test_all_seventeen_forms_of_zhengzhou_are_read_or_marked() -> None:
    with real_data("zhengzhou/stations_gcj02.gb18030.csv").open(encoding="gb18030", newline="") as file:
        forms = {row["开放时间"] for row in csv.DictReader(file)}
    assert len(forms) == 17
    assert {form for form in forms if not parse_hours(form).certain} == {"工作日开放"}


@settings(max_examples=300)
@given(st.text(max_size=60) | st.text("周一至五六日、，8:30-1720点半次上下午夏季节假休息()；", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    hours = parse_hours(text)
    for rule in hours.rules:
        assert 0 <= rule.opens_min < DAY_MIN
        assert rule.opens_min < rule.closes_min <= 2 * DAY_MIN
        assert rule.days
        assert set(rule.days) <= set(range(1, 8))
        assert (rule.valid_from is None) == (rule.valid_to is None)
    assert hours_to_words(hours, "en") is not None
    if hours.rules:
        assert opening_hours.validate(hours_to_osm(hours)), hours_to_osm(hours)


@pytest.mark.parametrize("text", [text for text in READ if "节" not in text and "PH" not in READ[text]])
def test_the_osm_form_means_the_same_to_another_program(text: str) -> None:
    """opening-hours-py, with an evaluation of its own, agrees with the timetable in an ordinary week of two seasons."""
    hours = parse_hours(text)
    table = Timetable.from_hours([hours])
    other = opening_hours.OpeningHours(hours_to_osm(hours))
    for monday in (datetime(2026, 1, 12), datetime(2026, 7, 13)):
        for minute in range(0, 7 * DAY_MIN, 17):
            moment = monday + timedelta(minutes=minute)
            ours = table.open_mask(moment.replace(tzinfo=SHANGHAI))[0]
            assert (ours == 1) == other.is_open(moment), moment


@pytest.mark.parametrize(
    "text", ["Mo-Fr 08:00-12:00,14:00-18:00; PH off", "Fr-Sa 18:00-26:00", "Mo-Su 06:00-22:00", "24/7"]
)
def test_osm_syntax_is_read_back_as_it_was_written(text: str) -> None:
    rules = parse_hours(text).rules
    assert parse_hours(hours_to_osm(parse_hours(text))).rules == rules


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("8:00-20:00", "每天 08:00-20:00", "daily 08:00-20:00"),
        ("24小时", "每天 24小时；节假日照常", "daily 24 hours; Open as usual on holidays"),
        (
            "周一至周五 08:00-12:00,14:00-18:00 法定节假日休息",
            "周一至周五 08:00-12:00、14:00-18:00；节假日休息",
            "Mon-Fri 08:00-12:00, 14:00-18:00; Closed on holidays",
        ),
        ("周五 18:00-次日02:00", "周五 18:00-次日02:00", "Fri 18:00-next day 02:00"),
        ("周一至周五", "周一至周五 开放，时间待核实", "Mon-Fri open, times not known"),
        ("看店主心情", "看店主心情", "看店主心情"),
        ("", "开放时间待核实", "Hours not known"),
    ],
)
def test_hours_are_said_in_both_languages(text: str, zh: str, en: str) -> None:
    assert (hours_to_words(parse_hours(text)), hours_to_words(parse_hours(text), "en")) == (zh, en)


def test_rules_become_columns_and_back() -> None:
    for text in READ:
        for rule in parse_hours(text).rules:
            columns = rule.to_dict() | {"facility_id": 7, "ordinal": 1}
            assert OpeningRule.from_dict(columns) == rule


def test_a_notice_instead_of_hours_is_kept_as_text() -> None:
    notice = "8:00-20:00 " * 50
    assert parse_hours(notice) == OpeningHours((), notice.strip(), certain=False)
