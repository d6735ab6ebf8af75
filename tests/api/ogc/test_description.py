"""The service is what its description says: schemathesis asks every operation what may be asked, and what not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from geo.services.keys import new_key
from geo.store.tables.codes import KEY_SCOPE
from tests.api.conftest import NOON, api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
QUESTIONS_EACH = 4
"""Questions to every operation that keep to the description, and as many that do not."""


@pytest.fixture
def own_service(own_city: SmallCity) -> Iterator[httpx.Client]:
    """A service over a city of its own: some operations write."""
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        yield client


@pytest.fixture
def described(own_service: httpx.Client) -> BaseSchema:
    """The description as schemathesis reads it."""
    return schemathesis.openapi.from_url(f"{own_service.base_url}/api")


def answered_otherwise(
    operation: APIOperation, mode: GenerationMode, base: str, key: str | None = None, seen: set[int] | None = None
) -> list[str]:
    """What an operation answered that its description does not say, one line each; its codes are put into `seen`."""
    found = []

    @settings(
        max_examples=QUESTIONS_EACH,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(base_url=base) if key is None else called_with(case, base, key)
        if seen is not None:
            seen.add(answer.status_code)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            said = ", ".join(type(one).__name__ for one in failures.exceptions)
            found.append(f"{said}: {answer.status_code} to {case.as_curl_command()}: {answer.text[:300]}")

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label  # an operation without parameters cannot be asked wrong
    return found


def called_with(case: schemathesis.Case, base: str, key: str) -> Any:
    """A question with a good key, shown once, that does not wait for a snapshot."""
    case.headers = {name: value for name, value in case.headers.items() if name not in ("X-API-Key", "Prefer")}
    return case.call(base_url=base, headers={"Authorization": f"Bearer {key}", "Prefer": "wait=0"})


@pytest.mark.slow
def test_operations_behind_a_key_answer_its_holder_as_they_are_described(
    described: BaseSchema, own_service: httpx.Client, own_city: SmallCity
):
    engine = own_city.engine()
    _, key = new_key(engine, own_city.slug, "desk", scopes=KEY_SCOPE, now=NOON)
    engine.dispose()
    behind = [one.ok() for one in described.get_all_operations() if one.ok().definition.raw.get("security")]
    assert {one.method.upper() for one in behind} >= {"POST", "PUT", "PATCH", "DELETE", "GET"}
    seen: set[int] = set()
    found = [
        line
        for operation in behind
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for line in answered_otherwise(operation, mode, str(own_service.base_url), key, seen)
    ]
    assert not found, "\n".join(found)
    assert 200 in seen
    assert not {401, 403} & seen


@pytest.mark.slow
def test_every_operation_answers_as_it_is_described_to_right_and_wrong_questions(
    described: BaseSchema, own_service: httpx.Client
):
    everything = [one.ok() for one in described.get_all_operations()]
    # The collections have one code and one table of parameters: one of them stands for all.
    operations = [one for one in everything if not re.match("/collections/(?!stations|{)", one.path)]
    assert len(everything) > len(operations) >= 70
    found = [
        line
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for line in answered_otherwise(operation, mode, str(own_service.base_url))
    ]
    assert not found, "\n".join(found)


def test_the_description_stands_by_itself(service: httpx.Client):
    answer = service.get("/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json()
    assert document["openapi"] == "3.0.3"
    references = {part.partition('"')[0] for part in answer.text.split('"$ref":"')[1:]}
    assert all(one.startswith("#/components/") for one in references)
    names = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    assert len(names) == len(set(names))
    for words in ('"const":', '"prefixItems":', '"type":"null"', '"4XX"', '"422"'):
        assert words not in answer.text
    assert {"400", "413", "429", "503"} <= set(document["paths"]["/reports"]["post"]["responses"])
    assert "304" in document["paths"]["/collections/stations/items"]["get"]["responses"]
