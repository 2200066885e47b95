"""From an app's request to raw messages. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from config.reference.regions import Regions
from ingest.arrival import Arrival, FieldError, Refused
from ingest.files.attachments import StoredAttachment
from ingest.http import idempotency
from ingest.http.field_errors import invalid_submission
from ingest.mobile.devices import Device, device_hash
from ingest.picked_regions import check_picked_regions
from ingest.wrap import Wrapper
from messages.shapes import Channel, RawMessage
from messages.submission import MOBILE_ENVELOPE, MobileReport, MobileSubmission, OutboxItem

MOST_ITEMS = 50
_JSON = "application/json"
# Not what is said, but how it came, or what may change between two attempts to say it.
_BESIDE = {"device_id", "client_id", "sequence", "push_token"}
_LARGEST_SEQUENCE = 2**31 - 1

T = TypeVar("T", bound=MobileReport)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One report of one device, by whichever address. `key` is the app's own name for it; `body` its bytes."""

    device: UUID
    key: str
    said: OutboxItem | MobileSubmission
    body: bytes

    @property
    def payload(self) -> bytes:
        """What is said: equal for the same report, however it was sent."""
        return self.said.model_dump_json(exclude_unset=True, exclude=_BESIDE).encode()

    @property
    def about(self) -> str:
        """The earlier report that this one is about; empty where it stands for itself."""
        return self.said.about if isinstance(self.said, OutboxItem) else ""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """An item of a batch as far as it could be read: a letter, or why it is none."""

    sequence: int | None
    client_id: UUID | None
    found: DeviceReport | Refused


def read_report(arrival: Arrival, regions: Regions) -> DeviceReport:
    """The report in a request of its own. Its key is the app's, so sending it again is the same message.

    Raises `Refused`, naming each field at fault.
    """
    said = _validated(MobileSubmission, arrival.body, regions)
    key = str(said.client_id) if said.client_id else idempotency.read_key(arrival)
    if key is None:
        fault = FieldError("Idempotency-Key", "Kirim UUID buatan aplikasi, satu untuk setiap laporan.")
        raise Refused("missing_idempotency_key", (fault,))
    return DeviceReport(said.device_id, key, said, arrival.body)


def read_batch(body: bytes, device: UUID, regions: Regions) -> list[BatchItem]:
    """The items of a batch, in their order. One that is at fault does not hold the others up.

    Each item's own bytes are its JSON written anew: the same values under the same names. Raises `Refused` where there
    is no list of items, or too long a one.
    """
    try:
        batch = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("invalid_submission", (FieldError("body", "Bukan JSON yang benar."),)) from None
    items = batch.get("items") if isinstance(batch, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        raise Refused("invalid_submission", (FieldError("items", f"Isi dengan 1 sampai {MOST_ITEMS} laporan."),))
    return [_item(json.dumps(item).encode(), device, regions, item) for item in items]


def _item(body: bytes, device: UUID, regions: Regions, written: object) -> BatchItem:
    try:
        said = _validated(OutboxItem, body, regions)
    except Refused as why:
        found = written if isinstance(written, dict) else {}
        return BatchItem(_number(found.get("sequence")), _uuid(found.get("client_id")), why)
    return BatchItem(said.sequence, said.client_id, DeviceReport(device, str(said.client_id), said, body))


def provider_id(letter: DeviceReport, wrapper: Wrapper) -> str:
    """The same for the same report for ever; the device stands in it as a keyed hash."""
    return f"{device_hash(letter.device, wrapper)}:{letter.key}"


def wrap(
    letter: DeviceReport,
    wrapper: Wrapper,
    at: datetime,
    proven: Device | None,
    thread: UUID | None,
    kept: Sequence[StoredAttachment],
) -> RawMessage:
    """The raw message of a letter. Where the door knows nothing beside it, its bytes stay as they came."""
    spot = next((each.spot for each in kept if each.spot), None)
    body, content_type = letter.body, _JSON
    if proven or spot:
        beside: dict[str, Any] = {"device_id": str(letter.device), "thread": str(thread) if thread else None}
        beside |= {"push_token": proven.push_token} if proven else {}
        beside |= spot._asdict() if spot else {}
        body, content_type = json.dumps({**beside, "said": json.loads(letter.body)}).encode(), MOBILE_ENVELOPE
    raw = wrapper.wrap(
        Channel.MOBILE,
        provider_id(letter, wrapper),
        f"device:{letter.device}",
        body,
        at,
        content_type,
        "device-token" if proven else "none",
    )
    return raw.model_copy(update={"attachments": tuple(each.attachment for each in kept)})


def accept(arrival: Arrival, wrapper: Wrapper, regions: Regions) -> RawMessage:
    """The raw message in a report of an unproven device, without attachments. Raises `Refused`."""
    letter = read_report(arrival, regions)
    return wrap(letter, wrapper, arrival.at, None, letter.said.client_id, ())


def _validated(shape: type[T], body: bytes, regions: Regions) -> T:
    try:
        said = shape.model_validate_json(body)
    except ValidationError as error:
        raise invalid_submission(error) from None
    check_picked_regions(said, regions)
    return said


def _number(sent: object) -> int | None:
    if not isinstance(sent, int) or isinstance(sent, bool):
        return None
    return sent if 1 <= sent <= _LARGEST_SEQUENCE else None


def _uuid(sent: object) -> UUID | None:
    try:
        return UUID(sent) if isinstance(sent, str) else None
    except ValueError:
        return None


def _no_number(said: str) -> float:
    raise ValueError(said)
