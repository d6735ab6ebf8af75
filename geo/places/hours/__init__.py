"""
Opening hours: read from what unions write, judged at a moment, written for people and for OpenStreetMap.

`rules` holds what hours are, `reading` reads text, `osm` speaks OpenStreetMap's syntax, `holidays` is the Chinese
calendar with its make-up workdays, `timetable` answers for many places at once, `words` says hours in Chinese and
English.
"""

from geo.places.hours.holidays import CalendarDay, DayKind, calendar_day
from geo.places.hours.osm import hours_to_osm
from geo.places.hours.reading import parse_hours
from geo.places.hours.rules import OpeningHours, OpeningRule
from geo.places.hours.timetable import OpenState, Slot, SlotError, Timetable
from geo.places.hours.words import hours_to_words, slot_to_words

__all__ = [
    "CalendarDay",
    "DayKind",
    "OpenState",
    "OpeningHours",
    "OpeningRule",
    "Slot",
    "SlotError",
    "Timetable",
    "calendar_day",
    "hours_to_osm",
    "hours_to_words",
    "parse_hours",
    "slot_to_words",
]
