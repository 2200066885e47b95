"""Follow-ups of a device to its own reports: objection, confirmation, rating, withdrawal, and further words."""

from typing import Literal
from uuid import UUID

from fastapi import Request
from pydantic import ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from ingest.arrival import Arrival
from ingest.door_store import DoorStore
from ingest.http.gate import Gate
from ingest.mobile.adapter import require_json
from ingest.mobile.authentication import DeviceAuthentication
from ingest.mobile.channel import CHANNEL
from ingest.mobile.devices import Device
from ingest.mobile.sequences import Sequences
from ingest.mobile.uploads import Uploads
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.follow_up import CONTENT_TYPE, FollowUpSubmission
from messages.payloads.submission import has_visible_text
from messages.shapes import Shape
from pages.field_errors import invalid_submission
from pages.refusals import FieldError, Refused


class DeviceFollowUp(Shape):
    """An act on an earlier report of this device."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    client_id: UUID = Field(description="The app's own id of the follow-up, made once and sent with every attempt.")
    about: str = Field(min_length=1, max_length=40, description="The report: its client_id or number.")
    act: Literal[
        "adds",
        "objects",
        "confirms",
        "rates",
        "withdraws",
        "asks-to-be-forgotten",
        "agrees-to-ombudsman",
        "declines-ombudsman",
    ] = Field(description="The last two answer the question if the Ombudsman may have the report.")
    text: str = Field("", max_length=10_000)
    rating: int = Field(0, ge=0, le=5, description="1 (bad) to 5 (good), with `rates`.")
    attachments: tuple[UUID, ...] = Field((), max_length=5, description="Ids of uploads that are finished.")


class FollowUpAccepted(Shape):
    """A follow-up was accepted. It is a message with a number of its own."""

    tracking: str


class DeviceFollowUpDoor:
    """Endpoint of follow-ups. A device can follow up only what it sent itself."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        authentication: DeviceAuthentication,
        sequences: Sequences,
        uploads: Uploads,
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._authentication = authentication
        self._sequences = sequences
        self._uploads = uploads

    async def follow_up(self, request: Request) -> Response:
        """Accept a follow-up. The same client_id with the same content is one follow-up."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        require_json(arrival)
        try:
            follow_up = DeviceFollowUp.model_validate_json(arrival.body)
        except ValidationError as error:
            raise invalid_submission(error) from None
        _check(follow_up)
        message = await run_in_threadpool(self._wrap, device, follow_up, arrival)
        await self._gate.accept(message)
        return JSONResponse(FollowUpAccepted(tracking=message.raw.tracking).model_dump(mode="json"), 202)

    def _wrap(self, device: Device, follow_up: DeviceFollowUp, arrival: Arrival) -> OpenMessage:
        """Return the message.

        Raises `Refused` if the report or an upload is not this device's, or if the client_id has other content already.
        """
        report = self._sequences.find_referenced_report(device.hash, follow_up.about)
        if report is None:
            raise Refused("about_unknown", (FieldError("about", "Kirim dahulu laporan yang dimaksud."),))
        stored = self._uploads.attached(device.hash, follow_up.attachments, arrival.at, arrival.address)
        submission = FollowUpSubmission(
            message_id=report.message_id, act=follow_up.act, text=follow_up.text, rating=follow_up.rating
        )
        key = f"follow-up:{device.hash}:{follow_up.client_id}"
        digest = self._wrapper.digest(follow_up.model_dump_json().encode())
        # The key is claimed last. A follow-up that was refused above may be corrected and sent under the same key.
        if not self._store.claim_idempotency_key(self._wrapper.digest(key.encode()), digest):
            raise Refused("idempotency_key_reused", (FieldError("client_id", "Pakai UUID baru untuk pesan baru."),))
        body, provider_id = submission.model_dump_json().encode(), f"{key}:{digest}"
        sender = f"device:{device.id}"
        message = self._wrapper.open_message(
            CHANNEL.name, provider_id, sender, body, arrival.at, CONTENT_TYPE, "device-token"
        )
        return message.with_fields(attachments=tuple(attachment.attachment for attachment in stored))


def _check(follow_up: DeviceFollowUp) -> None:
    """Raise `Refused` for an act that lacks what it consists of."""
    if follow_up.act == "rates" and not follow_up.rating:
        raise Refused("invalid_submission", (FieldError("rating", "Pilih nilai dari 1 sampai 5."),))
    if follow_up.act == "adds" and not follow_up.attachments and not has_visible_text(follow_up.text):
        raise Refused("invalid_submission", (FieldError("text", "Tulis keterangan Anda, atau pilih foto."),))
