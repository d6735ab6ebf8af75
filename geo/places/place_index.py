"""
Finding a place by its name as people type it: Chinese, pinyin, initials or English, any part of it.

The names stand one behind another in a few long texts, one per spelling, in the order in which equal matches should
come. So the best match is the first one found, a search is a handful of scans through memory, and nothing is scored:
twenty thousand names answer in a fraction of a millisecond. Pinyin is spelled out when the index is made.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

KINDS = ("district", "street", "station", "road", "host")
"""What a place can be; of matches that are equally good, the earlier kind comes first."""

LONGEST_NAME = 60
"""How much of a name (in characters) is indexed; nobody types more, and a register may hold anything."""

IGNORED = re.compile(r"[\s\-·・‧•.,，。、'’\"“”()（）\[\]【】<>《》/\\]+")
"""What may stand in a name or in what is typed and says nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something with a name and a position (WGS-84). `context` says where it is, such as `市南区 · 八大峡街道`."""

    name: str
    name_en: str | None
    kind: str
    context: str | None
    lon: float
    lat: float


def folded(text: str) -> str:
    """A text as it is compared: one form of every character, small letters, nothing that says nothing."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")
    return "".join(one for one in IGNORED.sub("", plain) if one.isprintable())


def spelled(name: str) -> tuple[str, ...]:
    """The syllables of a name in pinyin without tones, what is not Chinese as it is."""
    # Only whoever makes an index pays for the dictionary.
    from pypinyin import Style, lazy_pinyin

    syllables = (folded(syllable) for syllable in lazy_pinyin(name[:LONGEST_NAME], style=Style.NORMAL))
    return tuple(syllable for syllable in syllables if syllable)


class PlaceIndex:
    """Places that can be found by name. `syllables` are those of each place's name, as `spelled` gives them."""

    def __init__(self, places: Sequence[Place], syllables: Sequence[Sequence[str]]) -> None:
        order = sorted(range(len(places)), key=lambda row: rank_of(places[row]))
        self.places = [places[row] for row in order]
        self.syllables = [tuple(syllables[row]) for row in order]

    @classmethod
    def of(cls, places: Iterable[Place]) -> PlaceIndex:
        """Index places, spelling out their names; of places of one name, kind and context the first is kept."""
        kept = {(place.name, place.kind, place.context): place for place in reversed(list(places))}
        unique = [place for place in reversed(kept.values()) if folded(place.name)]
        return cls(unique, [spelled(place.name) for place in unique])

    @cached_property
    def by_name(self) -> Lines:
        """The names."""
        return Lines([folded(place.name[:LONGEST_NAME]) for place in self.places])

    @cached_property
    def by_english(self) -> Lines:
        """The English names, where there are any."""
        words = [[folded(word) for word in (place.name_en or "")[:LONGEST_NAME].split()] for place in self.places]
        return Lines(["".join(row) for row in words], words)

    @cached_property
    def by_pinyin(self) -> Lines:
        """The names in pinyin; a match may begin at any syllable, and not within one."""
        return Lines(["".join(row) for row in self.syllables], self.syllables)

    @cached_property
    def by_initials(self) -> Lines:
        """The first letters of the syllables."""
        return Lines(["".join(syllable[0] for syllable in row) for row in self.syllables])

    def search(self, typed: str, limit: int) -> list[Place]:
        """
        The places that fit what was typed, best first: the whole name, then its beginning, then the beginning of its
        initials, then any part of either.
        """
        wanted = folded(typed)
        if not wanted:
            return []
        names = (self.by_name, self.by_pinyin, self.by_english)
        found: dict[int, None] = {}
        for matches in (
            [lines.whole(wanted) for lines in names],
            [lines.beginning(wanted) for lines in names],
            [self.by_initials.beginning(wanted)],
            [*(lines.within(wanted) for lines in names), self.by_initials.within(wanted)],
        ):
            found |= dict.fromkeys(first_rows(matches, limit, found))
            if len(found) >= limit:
                break
        return [self.places[row] for row in list(found)[:limit]]


def first_rows(matches: Iterable[Iterator[int]], limit: int, but: dict[int, None]) -> list[int]:
    """The first rows of several ascending lists together, without those that are there already."""
    rows: set[int] = set()
    for match in matches:
        taken = 0
        for row in match:
            if row not in but:
                rows.add(row)
                taken += 1
            if taken == limit:
                break
    return sorted(rows)


def rank_of(place: Place) -> tuple[int, int, str, str]:
    """What comes first of two equally good matches: the larger kind, the shorter name."""
    return KINDS.index(place.kind), len(place.name), place.name, place.context or ""


class Lines:
    """Many short texts as one long one. Texts hold no line break; an empty one is never found."""

    def __init__(self, lines: Sequence[str], words: Sequence[Sequence[str]] | None = None) -> None:
        self.text = "\n".join(["", *lines, ""])
        self.starts = [1]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.word_starts = None if words is None else frozenset(self._starts_of(words))

    def _starts_of(self, words: Sequence[Sequence[str]]) -> Iterator[int]:
        for start, row in zip(self.starts, words, strict=False):
            at = start
            for word in row:
                yield at
                at += len(word)

    def whole(self, wanted: str) -> Iterator[int]:
        """Rows that are exactly this, ascending."""
        return self._rows(f"\n{wanted}\n", 1)

    def beginning(self, wanted: str) -> Iterator[int]:
        """Rows that begin with this, ascending."""
        return self._rows(f"\n{wanted}", 1)

    def within(self, wanted: str) -> Iterator[int]:
        """Rows that hold this, from the start of a word where words are known; ascending, some more than once."""
        return self._rows(wanted, 0)

    def _rows(self, needle: str, lead: int) -> Iterator[int]:
        at = self.text.find(needle)
        while at >= 0:
            if self.word_starts is None or lead or at in self.word_starts:
                yield bisect_right(self.starts, at + lead) - 1
            at = self.text.find(needle, at + 1)
