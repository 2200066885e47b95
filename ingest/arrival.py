"""What stands at a door, and the one way of turning it away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.http.refusals import REFUSALS


@dataclass(frozen=True, slots=True)
class Arrival:
    """An HTTP request, read whole. Header names are in lower case. `target` is the path with its query.

    `address` is where the client is, as far as the proxies in front of us are believed.
    """

    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, in the sender's language."""

    field: str
    says: str


class Refused(Exception):
    """Not accepted, and nothing was promised. `reason` is one of `ingest.http.refusals`; `says` is for the sender.

    `retry_after` is in seconds, where trying the same again will help. `words` fill the sentence of the list.
    """

    def __init__(
        self, reason: str, faults: tuple[FieldError, ...] = (), retry_after: int | None = None, **words: object
    ) -> None:
        super().__init__(reason)
        refusal = REFUSALS[reason]
        self.status = refusal.status
        self.reason = reason
        self.says = refusal.says.format(**words)
        self.faults = faults
        self.retry_after = retry_after
