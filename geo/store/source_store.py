"""Who says so: the documents and files that every fact goes back to, and what they declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.store.tables import declared_figure, source


@dataclass(frozen=True, slots=True)
class Source:
    """A document, a file or a survey. `as_of` is as precise as it is known: 2025, 2025-01 or 2025-01-17."""

    kind: str
    name: str
    quote: str | None = None
    url: str | None = None
    licence: str | None = None
    as_of: str | None = None
    sha256: str | None = None


class Declared(Protocol):
    """
    A number somebody declares, in their words.

    Figures of different owners, areas or dates are different figures and are never summed.
    """

    @property
    def metric(self) -> str:
        """What is counted, in one word of ours."""

    @property
    def value(self) -> int:
        """The number itself."""

    @property
    def qualifier(self) -> str:
        """How the wording hedges it: exact, about, more_than, nearly."""

    @property
    def wording(self) -> str:
        """The sentence, as it stands in the document."""

    @property
    def area(self) -> str:
        """Where it holds."""

    @property
    def as_of(self) -> str | None:
        """When it held, as precisely as known."""

    @property
    def owner(self) -> str:
        """Who declares it."""

    @property
    def source(self) -> str:
        """Name of the document."""

    @property
    def facility_type(self) -> str | None:
        """What on the map it speaks of, if anything."""

    @property
    def facility_class(self) -> str | None:
        """The class on the map it speaks of, if only one."""


TOLD = ("value", "qualifier", "wording", "facility_type", "facility_class", "source_id")
"""What may change about a declared figure; metric, area, owner and date are what makes it that figure."""

FIND = select(source.c.source_id).where(
    source.c.city_id == bindparam("city_id"),
    *(
        source.c[name].is_not_distinct_from(bindparam(name))
        for name in ("kind", "name", "quote", "url", "licence", "as_of", "sha256")
    ),
)

FIGURES = (
    select(
        declared_figure.c.metric,
        declared_figure.c.value,
        declared_figure.c.qualifier,
        declared_figure.c.wording,
        declared_figure.c.area,
        declared_figure.c.as_of,
        declared_figure.c.owner,
        declared_figure.c.facility_type,
        declared_figure.c.facility_class,
        source.c.name.label("source_name"),
        source.c.url.label("source_url"),
    )
    .select_from(declared_figure.outerjoin(source, declared_figure.c.source_id == source.c.source_id))
    .where(declared_figure.c.city_id == bindparam("city_id"))
    .order_by(declared_figure.c.figure_id)
)


def ensure_source(connection: Connection, city_id: int, described: Source) -> int:
    """Number of the source described, written down if it is new."""
    values = {"city_id": city_id, **asdict(described)}
    found = connection.execute(FIND, values).scalars().first()
    if found is not None:
        return int(found)
    return int(connection.execute(insert(source).values(values).returning(source.c.source_id)).scalar_one())


def put_declared_figures(connection: Connection, city_id: int, figures: Iterable[Declared]) -> int:
    """
    Write declared figures, each in place of an older one with the same metric, area, owner and date.

    Returns how many rows are new or differ from what was there; the same figures a second time are 0.
    """
    return sum(_put(connection, city_id, figure) for figure in figures)


def _put(connection: Connection, city_id: int, figure: Declared) -> int:
    document = Source(kind="article", name=figure.source, as_of=figure.as_of)
    statement = upsert(declared_figure).values(
        city_id=city_id,
        metric=figure.metric,
        value=figure.value,
        qualifier=figure.qualifier,
        wording=figure.wording,
        area=figure.area,
        as_of=figure.as_of,
        owner=figure.owner,
        facility_type=figure.facility_type,
        facility_class=figure.facility_class,
        source_id=ensure_source(connection, city_id, document),
    )
    new = {name: statement.excluded[name] for name in TOLD}
    differs = or_(*(declared_figure.c[name].is_distinct_from(value) for name, value in new.items()))
    written = statement.on_conflict_do_update(
        constraint="uq_declared_figure_city_id_metric_area_owner_as_of", set_=new, where=differs
    ).returning(declared_figure.c.figure_id)
    return len(connection.execute(written).all())


def load_declared_figures(connection: Connection, city_id: int) -> list[dict[str, Any]]:
    """What is declared about a city, in the order in which it was written down, each with its source."""
    return [dict(row) for row in connection.execute(FIGURES, {"city_id": city_id}).mappings()]
