"""
Opening hours as unions write them, read into rules.

The text is first brought to one spelling (full-width to narrow, 八点半 to 8:30, every dash to one dash), then cut into
the few kinds of words that matter, then walked from left to right while groups of "these days, in this season, at
these times" fill up. Whatever no kind of word explains makes the whole reading uncertain: the text is kept, and
nobody is told a station is open because half a sentence was understood.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from geo.places.hours.osm import looks_like_osm, read_osm
from geo.places.hours.rules import (
    ALL_DAYS,
    DAY_MIN,
    HOLIDAY_SEASON,
    WEEKEND,
    WORKING_DAYS,
    OpeningHours,
    OpeningRule,
)
from geo.places.vocabulary import SEASONS, code_of

LONGEST_TEXT: Final = 400
"""Characters of hours that are read at all; a longer text is a notice, not hours."""

ASSUMED_SEASONS: Final = {
    "summer": ("05-01", "09-30"),
    "winter": ("10-01", "04-30"),
    "spring": ("03-01", "05-31"),
    "autumn": ("09-01", "11-30"),
}
"""The usual dates of a season named without dates; rules that rest on them are not certain."""

DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
DAY_DIGITS: Final = {char: day for day, char in enumerate("一二三四五六日", 1)} | {"天": 7}
DAY_DIGITS_ASCII: Final = DAY_DIGITS | {str(day): day for day in ALL_DAYS}

CHINESE_NUMBER: Final = "[零〇一二两三四五六七八九十]{1,3}"
DAY_PREFIX: Final = "(?:周|星期|礼拜)"
DAY_CHAR: Final = r"(?:[一二三四五六日天]|[1-7](?![\d:点时月]))"

WORDS: Final = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("around", r"7\s*[x×*]\s*24\s*(?:小时|h)?|24/7|24\s*小时|24\s*h(?:ours?)?|全天候?|昼夜|不打烊|全日"),
            (
                "dates",
                r"(?:每年)?\d{1,2}(?:月(?:\d{1,2}[日号])?)?\s*-\s*(?:次年|翌年|第二年)?\d{1,2}月(?:\d{1,2}[日号])?",
            ),
            ("time", r"\d{1,2}:\d{2}(?!\d)"),
            ("days", f"{DAY_PREFIX}{DAY_CHAR}(?:\\s*(?:-|[、,和及与])?\\s*{DAY_PREFIX}?{DAY_CHAR})*"),
            ("weekend", r"周末|双休日|星期六日"),
            ("workdays", r"(?:法定)?工作日|平日|上班日"),
            ("everyday", r"每天|每日|天天|全周|全年无休|全年|无休|常年"),
            ("holidays", r"(?:国家)?(?:法定)?(?:节假日|节日|假日|假期|节假)(?:期间)?"),
            ("season", r"[春夏秋冬](?:季|令时|令|天)(?:时间|作息)?"),
            ("nextday", r"次日|第二天|翌日|隔日|隔天"),
            ("part", r"上午|早上|早晨|清晨|凌晨|早|中午|正午|下午|午后|傍晚|晚上|晚间|夜间|夜里|晚"),
            ("closed", r"不对外开放|不开放|不营业|不开门|停止开放|除外|休息|闭馆|休馆|关闭|放假|公休|停用|外"),
            ("asusual", r"照常|正常|不休息?|均|都|也"),
            ("including", r"含|包括|包含"),
            ("except_", r"除了?"),
            ("dash", r"-"),
            ("stop", r"[;。\n/|]"),
            ("comma", r"[,、()\[\]<>:]"),
            ("joint", r"和|及|与|以及|并"),
            (
                "filler",
                r"(?:其余|其他|其它|开放|营业|服务|对外|免费|工作|办公|作息)|时间|为|是|每|的|分别|日常|实行|提供|期间|时段|全部",
            ),
            ("space", r"\s+"),
        )
    ),
    re.IGNORECASE,
)
"""The words hours are made of; tried in this order at each place of the text."""


@dataclass
class Group:
    """What was said together: days of a season and the times on them."""

    days: tuple[int, ...] | None = None
    holidays: bool = False
    season: str | None = None
    dates: tuple[str, str] | None = None
    times: list[tuple[int, int]] = field(default_factory=list)
    closed: bool = False
    asusual: bool = False
    including: bool = False
    workdays: bool = False
    inherited: bool = False
    """True while `days` are those of the season before, said once for both."""

    @property
    def spoken(self) -> bool:
        """Whether it has said what happens on its days."""
        return bool(self.times) or self.closed


def parse_hours(text: str | None) -> OpeningHours:
    """
    Read opening hours; what cannot be read is kept as text, with `certain` False and no rule made up.

    Chinese as unions write it, and the OpenStreetMap syntax. Never raises.
    """
    text = (text or "").strip()
    if not text or len(text) > LONGEST_TEXT:
        return OpeningHours((), text, certain=False)
    if looks_like_osm(text):
        return read_osm(text)
    reader = Reader()
    understood = reader.read(normal_hours(text))
    rules = reader.rules()
    if not understood:
        rules = [replace(rule, certain=False) for rule in rules]
    return OpeningHours(tuple(rules), text, certain=bool(rules) and all(rule.certain for rule in rules))


def normal_hours(text: str) -> str:
    """One spelling: narrow characters, one dash, one colon, times as 8:30."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[—–‐‑‒―−~〜～]+|-{2,}|至|到", "-", text)
    text = re.sub("朝九晚五", "9:00-17:00", text)
    text = re.sub(f"({CHINESE_NUMBER})(?=[点时](?!间))", lambda match: str(chinese_number(match[1])), text)
    text = re.sub(f"(?<=[点时])({CHINESE_NUMBER})(?=分)", lambda match: str(chinese_number(match[1])), text)
    text = re.sub("正点?(?=-|$)|整(?=[-,;)]|$)", "", text)
    text = re.sub(r"(\d{1,2})\s*[点时]\s*半", r"\1:30", text)
    text = re.sub(r"(\d{1,2})\s*[点时]\s*一刻", r"\1:15", text)
    text = re.sub(r"(\d{1,2})\s*[点时]\s*三刻", r"\1:45", text)
    text = re.sub(r"(\d{1,2})\s*[点时]\s*(\d{1,2})\s*分?", lambda match: f"{match[1]}:{int(match[2]):02d}", text)
    text = re.sub(r"早\s*(\d{1,2})\s*[点时]?\s*-?\s*晚\s*(\d{1,2})\s*[点时]?(?![:\d])", r"早\1:00-晚\2:00", text)
    # "8-20点" says its unit once, and so does "8:00-20点"
    text = re.sub(r"(?<![\d:.月])(\d{1,2})\s*-\s*(\d{1,2})\s*[点时](?!间)", r"\1:00-\2:00", text)
    text = re.sub(r"(\d{1,2})\s*[点时](?!间)", r"\1:00", text)
    text = re.sub(r"(?<!\d)(\d{1,2})\.([0-5]\d)(?!\d)", r"\1:\2", text)
    text = re.sub(r"(?<!\d)([01]\d|2[0-4])([0-5]\d)\s*-\s*([01]\d|2[0-4])([0-5]\d)(?!\d)", r"\1:\2-\3:\4", text)
    return re.sub(r"(\d{1,2}:\d{2}):00(?!\d)", r"\1", re.sub(r"(\d)\s*:\s*(\d)", r"\1:\2", text))


def chinese_number(word: str) -> int:
    """A number up to 99 written in Chinese."""
    if "十" in word:
        tens, _, ones = word.partition("十")
        return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)
    return int("".join(str(DIGITS[char]) for char in word))


class Reader:
    """Walks over the words of one text, filling groups."""

    def __init__(self) -> None:
        self.groups: list[Group] = [Group()]
        self.policy: str | None = None
        self.understood = True
        self.part = ""
        self.opens: int | None = None
        self.opens_part = ""
        self.dashed = False
        self.nextday = False
        self.excepting = False

    @property
    def group(self) -> Group:
        """The group that is being filled."""
        return self.groups[-1]

    def read(self, text: str) -> bool:
        """Walk over a text in its one spelling; says whether every word of it was understood."""
        place = 0
        while place < len(text):
            match = WORDS.match(text, place)
            if match is None or match.end() == place:
                self.understood = False
                place += 1
                continue
            kind = match.lastgroup or ""
            getattr(self, f"see_{kind.rstrip('_')}")(match[0])
            place = match.end()
        self.drop_open_end()
        return self.understood

    # words about days

    def new_days(self) -> Group:
        """The group that days now spoken of belong to: this one until it has spoken, then a new one of its season."""
        group = self.group
        if group.spoken or (group.asusual and group.holidays):
            self.groups.append(Group(season=group.season, dates=group.dates))
        elif group.inherited:
            group.days, group.inherited = None, False
        return self.group

    def add_days(self, days: tuple[int, ...]) -> None:
        """Speak of some days of the week."""
        group = self.new_days()
        group.days = tuple(sorted(set(group.days or ()) | set(days)))

    def see_days(self, word: str) -> None:
        """周一至周五; 周一、三、五; 周六日."""
        self.add_days(days_named(word))

    def see_weekend(self, _: str) -> None:
        """周末."""
        self.add_days(WEEKEND)

    def see_workdays(self, _: str) -> None:
        """工作日: Monday to Friday, and by the word itself no holiday."""
        self.add_days(WORKING_DAYS)
        self.group.workdays = True

    def see_everyday(self, word: str) -> None:
        """每天; 全年无休 also speaks of holidays."""
        if "无休" in word:
            self.policy = "open"
            if self.group.spoken:
                return
        if not self.group.holidays:
            self.add_days(ALL_DAYS)

    def see_holidays(self, _: str) -> None:
        """节假日: a day of its own, or, after 含, one more of the days just named."""
        if self.group.including:
            self.policy, self.group.including = "open", False
            return
        self.new_days().holidays = True

    # words about seasons

    def see_season(self, word: str) -> None:
        """夏季."""
        group = self.new_season()
        group.season = code_of(SEASONS, word[0] + "季")

    def see_dates(self, word: str) -> None:
        """5月-9月, 5月1日-9月30日, 10月-次年4月."""
        dates = dates_named(word)
        if dates is None:
            self.understood = False
            return
        group = self.group if self.group.season and not self.group.dates else self.new_season()
        group.dates = dates

    def new_season(self) -> Group:
        """A group for the season now spoken of; days said before the first season hold for the second too."""
        group = self.group
        if group.spoken:
            days = group.days if group.season or group.dates else None
            self.groups.append(Group(days=days, workdays=group.workdays and bool(days), inherited=bool(days)))
        return self.group

    # words about times

    def see_around(self, _: str) -> None:
        """24小时."""
        self.add_times(0, DAY_MIN)

    def see_part(self, word: str) -> None:
        """上午, 下午."""
        self.part = word

    def see_nextday(self, _: str) -> None:
        """次日."""
        self.nextday = True

    def see_dash(self, _: str) -> None:
        """A dash, between two times."""
        self.dashed = self.opens is not None

    def see_time(self, word: str) -> None:
        """8:30, either end of a stretch."""
        minute = clock_minutes(word, self.part)
        if minute is None:
            self.understood = False
        elif self.opens is None:
            self.opens, self.opens_part, self.dashed = minute, self.part, False
        elif not self.dashed:
            self.understood = False
        else:
            self.close_stretch(minute)

    def close_stretch(self, closes: int) -> None:
        """Finish a stretch that began at `opens`."""
        opens = self.opens or 0
        if self.part == self.opens_part and is_afternoon(self.part) and closes < 720:
            closes += 720
        if self.nextday:
            closes += DAY_MIN if closes <= DAY_MIN else 0
        elif closes <= opens:
            # 8:00-8:00 may be a slip of the pen; only midnight to midnight is surely the whole day
            self.understood &= closes != opens or opens == 0
            closes += DAY_MIN
        if opens >= DAY_MIN or closes - opens > DAY_MIN or closes <= opens:
            self.understood = False
        else:
            self.add_times(opens, closes)
        self.opens, self.dashed, self.nextday, self.part = None, False, False, ""

    def add_times(self, opens: int, closes: int) -> None:
        """Say that the group's days are open from one minute to another."""
        group = self.group
        if group.holidays and group.asusual and group.days is None:
            # "节假日照常开放 8:00-20:00": the holidays are no days of their own
            self.policy = "open"
            self.groups.append(Group(season=group.season, dates=group.dates))
        elif group.closed:
            self.groups.append(Group(season=group.season, dates=group.dates))
        self.group.times.append((opens, closes))

    def drop_open_end(self) -> None:
        """A time without its other end was not understood."""
        if self.opens is not None:
            self.understood, self.opens = False, None
        self.dashed = self.nextday = False

    # words about what happens

    def see_closed(self, word: str) -> None:
        """休息, 除外."""
        if word == "外" and not self.excepting:
            self.understood = False
            return
        self.excepting = False
        if self.group.times or (self.group.days is None and not self.group.holidays):
            self.understood = False
        else:
            self.group.closed = True

    def see_asusual(self, word: str) -> None:
        """照常, 正常: of holidays, that they are no exception."""
        self.group.asusual |= word not in ("均", "都", "也")

    def see_including(self, _: str) -> None:
        """含."""
        self.group.including = True

    def see_except(self, _: str) -> None:
        """除, of which 外 follows."""
        self.excepting = True

    def see_stop(self, _: str) -> None:
        """The end of a clause."""
        self.drop_open_end()
        self.part = ""

    def see_comma(self, word: str) -> None:
        """A pause ends a stretch; brackets and colons do not: 18:00-(次日)2:00."""
        if word in ",、":
            self.drop_open_end()

    def see_joint(self, _: str) -> None:
        """和."""

    def see_filler(self, word: str) -> None:
        """开放; of holidays, that they are open."""
        if word in ("开放", "营业") and self.group.holidays and not self.group.times:
            self.group.asusual = True

    def see_space(self, _: str) -> None:
        """Nothing."""

    # what it comes to

    def rules(self) -> list[OpeningRule]:
        """The rules of all groups."""
        self.groups = with_days_said_after(self.groups)
        closed_days, open_groups = self.settle_policy()
        self.complete_seasons(open_groups)
        rules = [rule for group in open_groups for rule in self.rules_of(group, closed_days)]
        own_holidays = any(rule.season == HOLIDAY_SEASON for rule in rules)
        if own_holidays:
            rules = [
                rule if rule.season == HOLIDAY_SEASON else replace(rule, holiday_policy="closed") for rule in rules
            ]
        return list(dict.fromkeys(rules))

    def settle_policy(self) -> tuple[set[int], list[Group]]:
        """The days said to be closed, and the groups that say when it is open."""
        closed_days: set[int] = set()
        open_groups = []
        for group in self.groups:
            if group.closed:
                closed_days |= set(group.days or ())
                self.policy = "closed" if group.holidays else self.policy
            elif group.holidays and group.days is None and not group.times:
                self.policy = "open" if group.asusual else self.policy
                self.understood &= group.asusual
            elif group.times or group.days:
                open_groups.append(group)
        return closed_days, open_groups

    def complete_seasons(self, groups: list[Group]) -> None:
        """Of two seasons one of which has dates, the other has the rest of the year."""
        dated = {group.season: group.dates for group in groups if group.season and group.dates}
        named = {group.season for group in groups if group.season}
        for group in groups:
            if group.season and not group.dates:
                if group.season in dated:
                    group.dates = dated[group.season]
                elif len(named) == 2 and len(dated) == 1:
                    group.dates = rest_of_year(*next(dates for dates in dated.values() if dates))

    def rules_of(self, group: Group, closed_days: set[int]) -> list[OpeningRule]:
        """The rules one group comes to."""
        days = tuple(day for day in group.days or ALL_DAYS if day not in closed_days)
        assumed = bool(group.season) and not group.dates
        first, last = group.dates or (ASSUMED_SEASONS[group.season] if group.season else (None, None))
        rules = []
        for opens, closes in group.times or [(0, DAY_MIN)]:
            rule = OpeningRule(
                days=days,
                opens_min=opens,
                closes_min=closes,
                valid_from=first,
                valid_to=last,
                season=group.season,
                holiday_policy=self.policy_of(group, opens, closes),
                certain=bool(group.times) and not assumed,
            )
            if days and (group.days is not None or not group.holidays):
                rules.append(rule)
            if group.holidays:
                rules.append(replace(rule, days=ALL_DAYS, season=HOLIDAY_SEASON, holiday_policy="open"))
        return rules

    def policy_of(self, group: Group, opens: int, closes: int) -> str:
        """What a group does on holidays: as said; closed if it spoke of workdays; open if it never closes at all."""
        if self.policy:
            return self.policy
        if group.workdays:
            return "closed"
        always = group.times and closes - opens == DAY_MIN and group.days in (None, ALL_DAYS)
        return "open" if always else "unknown"


def with_days_said_after(groups: list[Group]) -> list[Group]:
    """Groups in which days said after their times, as in 8:30-17:30(周一至周五), are put with them."""
    kept: list[Group] = []
    for group in groups:
        before = kept[-1] if kept else Group()
        lonely = group.days and not group.spoken and not group.holidays
        if lonely and before.times and before.days is None and before.season == group.season:
            before.days, before.workdays = group.days, group.workdays
        else:
            kept.append(group)
    return kept


def days_named(word: str) -> tuple[int, ...]:
    """Days of the week named by 周一至周五, 周一、三、五, 周六日; a range may run over Sunday."""
    days: list[int] = []
    through = False
    for char in re.sub("[周星期礼拜\\s]", "", word):
        if char == "-":
            through = True
        elif char in DAY_DIGITS_ASCII:
            day = DAY_DIGITS_ASCII[char]
            if through and days:
                first = days[-1]
                days += [(first + step - 1) % 7 + 1 for step in range(1, (day - first) % 7 + 1)]
            else:
                days.append(day)
            through = False
    return tuple(sorted(set(days)))


def dates_named(word: str) -> tuple[str, str] | None:
    """First and last day (`MM-DD`) of 5月-9月, 5-9月, 5月1日-9月30日; None if there is no such day."""
    match = re.search(r"(\d{1,2})(?:月(?:(\d{1,2})[日号])?)?\s*-\s*\D*(\d{1,2})月(?:(\d{1,2})[日号])?", word)
    if match is None:
        return None
    first_month, last_month = int(match[1]), int(match[3])
    if not (1 <= first_month <= 12 and 1 <= last_month <= 12):
        return None
    # a leap year, so that 2月 ends with the 29th
    last_day = int(match[4]) if match[4] else monthrange(2024, last_month)[1]
    first_day = int(match[2] or 1)
    if not (1 <= first_day <= monthrange(2024, first_month)[1] and 1 <= last_day <= monthrange(2024, last_month)[1]):
        return None
    return f"{first_month:02d}-{first_day:02d}", f"{last_month:02d}-{last_day:02d}"


def rest_of_year(first: str, last: str) -> tuple[str, str]:
    """The days from after `last` to before `first`, around the New Year if need be."""
    day = timedelta(days=1)
    after = date.fromisoformat(f"2024-{last}") + day
    before = date.fromisoformat(f"2024-{first}") - day
    return after.strftime("%m-%d"), before.strftime("%m-%d")


def clock_minutes(word: str, part: str) -> int | None:
    """Minutes after midnight of 8:30 in the morning or the afternoon; None if there is no such time."""
    hour, minute = map(int, word.split(":"))
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if is_afternoon(part) and hour < 12:
        hour += 12
    elif part in ("晚上", "晚间", "夜间", "夜里", "晚") and hour == 12:
        hour = 24
    elif part in ("中午", "正午") and hour < 10:
        hour += 12
    elif part == "凌晨" and hour == 12:
        hour = 0
    return hour * 60 + minute


def is_afternoon(part: str) -> bool:
    """Whether a part of the day counts its hours from noon."""
    return part in ("下午", "午后", "傍晚", "晚上", "晚间", "夜间", "夜里", "晚")
