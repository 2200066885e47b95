"""An HTTP request that arrived at a door, and the exception that refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from config.translation.message import Message
from ingest.http.refusals import REFUSALS


@dataclass(frozen=True, slots=True)
class Arrival:
    """An HTTP request with its complete body. Header names are in lower case.

    `target` is the path with its query. `address` is the client's address, as far as the trusted proxies in front of
    the service name it.
    """

    target: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field. `detail` explains it; pages translate it if it is a `Message`."""

    field: str
    detail: str


class Refused(Exception):
    """The door did not accept the request and promised nothing.

    `reason` is a key of `ingest.http.refusals.REFUSALS`. `message` is the sentence for the sender; `values` fill its
    placeholders. `retry_after` is in seconds, and given only if the same request can succeed later.
    """

    def __init__(
        self,
        reason: str,
        field_errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(reason)
        refusal = REFUSALS[reason]
        self.status = refusal.status
        self.reason = reason
        self.message: Message = refusal.message.filled(**values)
        self.field_errors = field_errors
        self.retry_after = retry_after
