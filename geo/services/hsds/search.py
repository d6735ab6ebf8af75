"""Which records a question is about: words, terms, taxonomies, organisations, moments, each narrowing the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from geo.services.hsds.directory import Directory
from geo.services.hsds.taxonomies import terms, with_those_below
from geo.types import Bools


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks for; None asks for nothing in particular."""

    search: str | None = None
    taxonomy_term_id: str | None = None
    taxonomy_id: str | None = None
    organization_id: str | None = None
    modified_after: datetime | None = None


def rows_wanted(directory: Directory, wanted: Wanted) -> Bools:
    """The services at locations that a question is about (shape `(rows,)`)."""
    passing = np.ones(len(directory.service_of_row), dtype=bool)
    if wanted.search:
        folded = wanted.search.casefold()
        passing &= np.fromiter((folded in text for text in directory.words), dtype=bool, count=len(passing))
    if wanted.taxonomy_term_id is not None:
        passing &= with_any_term(directory, with_those_below(wanted.taxonomy_term_id))
    if wanted.taxonomy_id is not None:
        of_taxonomy = {one["id"] for one in terms().records if one["taxonomy_id"] == wanted.taxonomy_id}
        passing &= with_any_term(directory, frozenset(of_taxonomy))
    if wanted.organization_id is not None:
        owner = directory.organization_of_id.get(wanted.organization_id)
        passing &= directory.organization_of_service[directory.service_of_row] == (-1 if owner is None else owner)
    if wanted.modified_after is not None:
        since = np.datetime64(wanted.modified_after.astimezone(UTC).replace(tzinfo=None), "ms")
        passing &= directory.changed >= since
    return passing


def services_wanted(directory: Directory, wanted: Wanted) -> Bools:
    """The services of which at least one place is wanted (shape `(services,)`)."""
    found = np.zeros(len(directory.services), dtype=bool)
    found[directory.service_of_row[rows_wanted(directory, wanted)]] = True
    return found


def organizations_wanted(directory: Directory, wanted: Wanted) -> Bools:
    """The organisations one of whose services is wanted (shape `(organizations,)`)."""
    found = np.zeros(len(directory.organizations), dtype=bool)
    found[directory.organization_of_service[services_wanted(directory, wanted)]] = True
    return found


def with_any_term(directory: Directory, term_ids: frozenset[str]) -> Bools:
    """The services at locations that have at least one of some terms."""
    hits = np.zeros(len(directory.service_of_row), dtype=bool)
    for term_id in term_ids:
        hits[directory.rows_of_term.get(term_id, [])] = True
    return hits
