"""The service over the small city, running once for all tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from api.dependencies import SHANGHAI
from api.settings import ApiSettings
from tests.support.service import running_service
from tests.support.small_city import SmallCity

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=SHANGHAI)
"""A Wednesday without a holiday, so that what is open does not depend on when the tests run."""


def api_settings(city: SmallCity, **options: object) -> ApiSettings:
    """Settings of a service over a city."""
    return ApiSettings.model_validate({**city.settings.model_dump(), "snapshot_poll_s": 0.5, **options})


@pytest.fixture(scope="session")
def service(small_city: SmallCity) -> Iterator[httpx.Client]:
    """A client of the running service. It is always noon there."""
    with running_service(api_settings(small_city), clock=lambda: NOON) as client:
        yield client
