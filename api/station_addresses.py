"""
Where a station's page is: by the code on its door, which every network gives in its own way.

A code names one facility per network, but two networks may give the same code to different doors. Then the page asks
which one is meant, and an address that names the network answers at once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from geo.snapshot.model import Snapshot

PAGE = "/s/"


@dataclass(frozen=True)
class StationAddresses:
    """The codes of a city's facilities, and the address of each one's page."""

    codes: tuple[Mapping[str, str], ...]
    """For each facility its code by network."""
    by_code: Mapping[str, tuple[int, ...]]
    facility_ids: tuple[int, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> StationAddresses:
        """Read the codes off a snapshot."""
        codes = tuple(dict(row) for row in snapshot.facilities["codes"])
        by_code: dict[str, list[int]] = {}
        for position, row in enumerate(codes):
            for code in dict.fromkeys(map(normal_code, row.values())):
                by_code.setdefault(code, []).append(position)
        return cls(codes, {code: tuple(rows) for code, rows in by_code.items()}, snapshot.facility_ids)

    def positions(self, text: str, network: str | None = None) -> tuple[int, ...]:
        """
        The facilities that a code means, none if there is none.

        `network` narrows it to the facility that has the code there. What is no code may be a facility's number: so
        that one without a plate has an address, too.
        """
        wanted = normal_code(text)
        found = self.by_code.get(wanted, ())
        if network is not None:
            return tuple(row for row in found if normal_code(self.codes[row].get(network, "")) == wanted)
        return found or self.by_number(text)

    def network_of(self, position: int, text: str) -> str:
        """The network in which a facility has a code; empty if in none."""
        wanted = normal_code(text)
        return next((name for name, code in self.codes[position].items() if normal_code(code) == wanted), "")

    def by_number(self, text: str) -> tuple[int, ...]:
        """The facility of a number."""
        if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) in self.facility_ids):
            return ()
        return (self.facility_ids.index(int(text)),)

    def address(self, position: int) -> str:
        """The address of a facility's page, which means this facility and no other."""
        for network, code in self.codes[position].items():
            page = PAGE + quote(code, safe="")
            return page if self.positions(code) == (position,) else f"{page}?network={quote(network)}"
        number = str(self.facility_ids[position])
        # A code that is somebody else's number wins at the short address.
        return PAGE + number if self.positions(number) == (position,) else f"{PAGE}{number}?by=number"


def normal_code(code: str) -> str:
    """A code as it is compared: people type small letters and full-width digits."""
    return unicodedata.normalize("NFKC", code).strip().casefold()
