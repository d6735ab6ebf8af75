"""Which language a client reads: what it asks for, else what its browser says, else Chinese."""

from __future__ import annotations

from fastapi import Request

LANGUAGES = ("zh", "en")
"""The languages there are, first one first."""


def language_of(request: Request, asked: str | None = None) -> str:
    """The language to answer in."""
    return asked or preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """The language of an Accept-Language header that we have and that weighs most."""
    weights: dict[str, float] = {}
    for item in accepted.split(","):
        tag, _, weight = item.partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES:
            weights[language] = max(weights.get(language, 0.0), weight_of(weight))
    wanted = max(weights, key=lambda language: weights[language], default=LANGUAGES[0])
    return wanted if weights.get(wanted, 1.0) > 0 else LANGUAGES[0]


def weight_of(text: str) -> float:
    """The weight behind a language; 1 where none is given, 0 where it cannot be read."""
    name, _, number = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(number) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
