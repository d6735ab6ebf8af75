"""`yiquan key …`: who may write over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city
from api.dependencies import SHANGHAI
from geo.services import keys
from geo.settings import Settings
from geo.store.key_store import StoredKey
from geo.store.tables.codes import KEY_SCOPE

app = typer.Typer(no_args_is_help=True, help="Keys for programs and people who write over HTTP: new, list, revoke.")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Who holds it; shown in the change log and as source of what it writes.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do: {', '.join(KEY_SCOPE)}; may be repeated.")],
    district: Annotated[
        str | None, typer.Option(help="Code or name of the one district it is for. Default: all.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="After how many days it expires. Default: never.")] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Make a key. It is shown this once; only a digest of it is kept.

    Example: yiquan key new 市南区总工会 --scope stations:write --district 市南区 --days 365
    """
    engine, slug = open_city(Settings(), city)
    now = datetime.now(SHANGHAI)
    stored, secret = keys.new_key(engine, slug, name, scopes=scope, district=district, days=days, now=now)
    speaker = Speaker(as_json)
    speaker.answer({**described(stored), "key": secret}, secret)
    speaker.note("Keep it now: it is not shown again. Send it as `Authorization: Bearer …`, never in an address.")


@app.command("list")
def list_keys(city: CityName = None, as_json: AsJson = False) -> None:
    """List the keys of the city; what they are nobody can show."""
    engine, slug = open_city(Settings(), city)
    speaker = Speaker(as_json)
    found = keys.list_keys(engine, slug)
    headings = ["prefix", "name", "scopes", "district", "made", "expires", "revoked", "last used"]
    speaker.table("Keys", headings, [tuple(row_of(key)) for key in found])
    if as_json:
        speaker.answer({"keys": [described(key) for key in found]})
    elif not found:
        speaker.note("There is no key; `yiquan key new NAME --scope stations:write` makes one.")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="NAME_OR_PREFIX", help="As `yiquan key list` shows it.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Revoke a key: from now on it opens nothing.

    Example: yiquan key revoke 市南区总工会
    """
    engine, slug = open_city(Settings(), city)
    revoked = keys.revoke_key(engine, slug, key)
    Speaker(as_json).answer({"revoked": revoked.prefix, "name": revoked.name}, f"{revoked.name}: revoked.")


def described(key: StoredKey) -> dict[str, Any]:
    """A key as plain data, without even the digest of its secret."""
    shown = ("prefix", "name", "scopes", "district_code", "created_at", "expires_at", "revoked_at", "last_used_on")
    return {name: getattr(key, name) for name in shown}


def row_of(key: StoredKey) -> list[object]:
    """A key as a row of the list, moments to the day."""
    days = [None if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d}" for moment in
            (key.created_at, key.expires_at, key.revoked_at)]  # fmt: skip
    return [key.prefix, key.name, " ".join(key.scopes), key.district_code, *days, key.last_used_on]
