"""Strong ETags of features that can be written, and what If-Match says of them (RFC 9110, 8.8 and 13.1)."""

from __future__ import annotations

import hashlib
import re

from fastapi import Request

from api.errors import UnconditionalWriteError
from api.responses import content_coding
from geo.services.station_writes import ANY_STATE

TAG = re.compile(r'(?:^|,)\s*"([0-9a-f]+)\.[^"]*"(?=\s*(?:,|$))')


def strong_tag(request: Request, state: str, body: bytes) -> str:
    """
    The tag of one representation of a feature: the state it shows, and which bytes show it.

    Whoever changes the feature sends it back, and only the state in it is looked at: any form of a feature that was
    read, in any language or reference system, is good enough to change it.
    """
    coding = content_coding(request.headers.get("accept-encoding", "")) or ""
    digest = hashlib.blake2b(body + coding.encode(), digest_size=6).hexdigest()
    return f'"{state}.{digest}"'


def states_held(request: Request) -> frozenset[str]:
    """
    The states of a feature in If-Match. Weak tags cannot match there, so they hold nothing.

    Raises
    ------
    UnconditionalWriteError
        There is no If-Match.
    """
    stated = request.headers.getlist("if-match")
    if not stated:
        raise UnconditionalWriteError
    if [one.strip() for one in stated] == ["*"]:
        return ANY_STATE
    return frozenset(TAG.findall(",".join(stated)))
