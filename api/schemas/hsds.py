"""What HSDS records look like, for the API's description. What is not known is left out, never null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.answers import Model


class HsdsRoot(Model):
    """What this is, and where it is described."""

    version: Literal["3.0"]
    profile: str
    openapi_url: str
    description: str


class Taxonomy(Model):
    """A list of terms."""

    id: str
    name: str
    description: str


class TaxonomyTerm(Model):
    """One term: a code of the vocabulary."""

    id: str
    code: str
    name: str
    description: str
    taxonomy: str
    taxonomy_id: str
    language: str
    parent_id: str | None = Field(default=None, description="The need that an amenity serves.")


class Attribute(Model):
    """A term that holds for a record."""

    id: str
    link_id: str
    link_entity: str
    link_type: str = Field(description="How it is meant; `amenity_not_usable` is broken, or known not to be there.")
    taxonomy_term_id: str
    label: str
    value: str | None = Field(default=None, description="The state of an amenity; a number of seats or people.")
    taxonomy_term: TaxonomyTerm


class Schedule(Model):
    """Open on some weekdays within some dates; without times, hours are not known then."""

    id: str
    service_at_location_id: str
    timezone: Literal[8]
    freq: Literal["WEEKLY"]
    wkst: Literal["MO"]
    byday: str
    valid_from: date | None = None
    valid_to: date | None = None
    opens_at: str | None = None
    closes_at: str | None = Field(default=None, description="Of the next day where it is not later than `opens_at`.")
    description: str | None = Field(default=None, description="The hours as the register has them.")
    notes: str | None = None


class Phone(Model):
    """A public telephone number."""

    id: str
    service_at_location_id: str
    number: str


class Address(Model):
    """An address; what the specification demands and nobody knows is empty."""

    id: str
    location_id: str
    address_1: str
    address_2: str | None = None
    city: str
    region: str | None = None
    state_province: str
    postal_code: str
    country: Literal["CN"]
    address_type: Literal["physical"]


class Accessibility(Model):
    """Whether a wheelchair gets in."""

    id: str
    location_id: str
    description: str
    details: str | None = None


class Language(Model):
    """A language."""

    id: str
    service_id: str
    name: str
    code: str
    note: str


class LocationBase(Model):
    """A place, as far as there is one of everything."""

    id: str
    location_type: Literal["physical"]
    name: str | None = None
    description: str | None = None
    transportation: str | None = None
    latitude: float
    longitude: float
    external_identifier: str | None = None
    external_identifier_type: str | None = None


class Location(LocationBase):
    """A place, whole."""

    addresses: list[Address]
    accessibility: list[Accessibility]


class Organization(Model):
    """Whoever runs stations; a network's plate where the register does not say."""

    id: str
    name: str
    alternate_name: str | None = None
    description: str


Status = Literal["active", "inactive", "defunct", "temporarily closed"]


class ServiceBase(Model):
    """A service, as far as there is one of everything."""

    id: str
    organization_id: str
    name: str
    alternate_name: str
    description: str
    status: Status = Field(description="The best that any of its stations has.")
    assured_date: date | None = Field(default=None, description="Nothing of it was checked longer ago than this.")
    last_modified: datetime


class ServiceInList(ServiceBase):
    """A service in a list."""

    organization: Organization


class AtLocationBase(Model):
    """A service at a location, as far as there is one of everything. Status to assurer belong to this profile."""

    id: str
    service_id: str
    location_id: str
    description: str | None = None
    status: Status
    assured_date: date | None = None
    assurer: str | None = None
    alert: str | None = None
    last_modified: datetime


class AtLocationInList(AtLocationBase):
    """A service at a location in a list."""

    location: LocationBase


class AtLocation(AtLocationBase):
    """A service at a location, without its service."""

    phones: list[Phone]
    schedules: list[Schedule]
    attributes: list[Attribute]
    location: Location


class AtLocationOnItsOwn(AtLocation):
    """A service at a location, whole."""

    service: ServiceInList


class FullService(ServiceInList):
    """A service, whole."""

    attributes: list[Attribute]
    languages: list[Language]
    service_at_locations: list[AtLocation]


class Minimal(Model):
    """A service's id, and when it was changed last."""

    id: str
    last_modified: datetime


class OrganizationWithServices(Organization):
    """An organisation with its services; whole ones if `full_service` asks for them."""

    services: list[FullService | ServiceBase]


class Page(Model):
    """A page of records."""

    total_items: int
    total_pages: int
    page_number: int
    size: int
    first_page: bool
    last_page: bool
    empty: bool


class ServicePage(Page):
    """A page of services."""

    contents: list[FullService | ServiceInList | Minimal]


class OrganizationPage(Page):
    """A page of organisations."""

    contents: list[OrganizationWithServices | Organization]


class AtLocationPage(Page):
    """A page of services at locations."""

    contents: list[AtLocationOnItsOwn | AtLocationInList]


class TaxonomyPage(Page):
    """A page of taxonomies."""

    contents: list[Taxonomy]


class TermPage(Page):
    """A page of terms."""

    contents: list[TaxonomyTerm]
