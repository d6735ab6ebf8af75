"""
The errors of the spatial core: sentences with facts in them, and a remedy where there is one.

Nothing here knows a status code. `api/errors.py` alone maps these classes to HTTP, `api/cli` alone to an exit
status. Modules add their own subclasses beside the code that raises them; every one descends from one of the
families below, so that the two edges need not know them by name.
"""

from __future__ import annotations


class YiquanError(Exception):
    """
    Anything this product refuses or cannot do, said in a sentence a person can act on.

    `zh` is the sentence in Chinese, where a page shows it as it is; None where pages have words of their own.
    """

    zh: str | None = None


class InputError(YiquanError):
    """What was handed in cannot be used as it is. The message names the place and the remedy."""


class NotFoundError(YiquanError):
    """What was asked for does not exist."""


class ConflictError(YiquanError):
    """What was asked for contradicts what is already there."""


class UnavailableError(YiquanError):
    """Something the answer needs (a database, a snapshot, a program) is not there right now."""


class ForbiddenError(YiquanError):
    """What was asked for is not for whoever asks."""


class UnknownCallerError(YiquanError):
    """Whoever asks did not say who that is, or not credibly."""


class StaleError(YiquanError):
    """What was to be changed is not what it was when it was read."""


class TooOftenError(YiquanError):
    """More was asked or sent in a while than is taken; `retry_after_s` says when to come again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
