"""Each way in which a DATABASE_URL cannot be used is one sentence with a remedy."""

from __future__ import annotations

import pytest

from geo.store.engine import DatabaseUrlError
from geo.store.given_server import GivenServerError, require_usable


def test_a_database_with_postgis_is_usable(cluster, empty_database_url):
    require_usable(empty_database_url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres://u:geheim@127.0.0.1:9/map", "The database map at 127.0.0.1:9 .* refused.* Start that server"),
        ("postgresql://u:geheim@nowhere.invalid/map", "The database map at nowhere.invalid .* cannot be used"),
        ("postgresql://u:geheim@/map?host=/nowhere", "The database map at /nowhere .* No such file"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_the_password(url, sentence):
    with pytest.raises(GivenServerError, match=sentence) as caught:
        require_usable(url)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(cluster):
    with pytest.raises(GivenServerError, match='database "absent" does not exist'):
        require_usable(cluster.url("absent"))


def test_a_database_without_postgis_says_who_can_switch_it_on(cluster):
    with pytest.raises(GivenServerError, match="superuser run CREATE EXTENSION postgis"):
        require_usable(cluster.url("template1"))


@pytest.mark.parametrize("url", ["mysql://u@h/d", "not an address"])
def test_an_address_of_something_else_is_refused(url):
    with pytest.raises(DatabaseUrlError, match="DATABASE_URL"):
        require_usable(url)
