"""The port of a way out, and the four things that it may say of a reply instead of its provider's id."""

from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import Protocol
from uuid import UUID

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from messages.shapes import Contact


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply, ready to go. `secret`: the sender asked for anonim or rahasia. `attempts` were made before."""

    id: UUID
    tracking: str
    says: str
    text: str
    secret: bool
    attempts: int
    contact: Contact


class Later(Exception):
    """The provider takes nothing now, and has not taken this. `seconds` is how long it asks to wait, if it says so."""

    def __init__(self, cause: str, seconds: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.seconds = seconds


class Never(Exception):
    """The provider will never take this reply. `unreachable`: nor any other to the same address, for that reason."""

    def __init__(self, code: str, unreachable: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.unreachable = unreachable


class Unknown(Exception):
    """It may have been sent, and nobody can say: it is not sent again."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Withheld(Exception):
    """We do not send it: `reason` is a constant of the code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Way(Protocol):
    """One provider. Not for two threads.

    `repeatable`: a reply that is sent twice is one at its receiver, so that one whose fate is unknown is sent again.
    """

    repeatable: bool

    def address(self, letter: Letter) -> str:
        """Where it would go. Raises `Withheld`."""
        ...

    def deliver(self, letter: Letter) -> str:
        """Send; returns the provider's id. Raises `Later`, `Never` or `Unknown`, and never waits without an end."""
        ...


def never_left(error: requests.RequestException) -> bool:
    """Whether no connection came about, so that nothing can have been sent."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    why = error.args[0].reason if error.args and isinstance(error.args[0], MaxRetryError) else None
    uncertified = isinstance(why, SSLError) and bool(why.args) and isinstance(why.args[0], SSLCertVerificationError)
    return uncertified or isinstance(why, NewConnectionError)


def seconds_in(header: str | None) -> float | None:
    """A Retry-After in seconds; its other form, a date, is not read."""
    return float(header) if header and header.isascii() and header.isdigit() else None
