"""Turns a follow-up into a raw message. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from pydantic import ValidationError

from ingest.web.channel import CHANNEL
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.follow_up import CONTENT_TYPE, FollowUpSubmission
from messages.payloads.submission import has_visible_text
from messages.sender_link import read_sender_token
from messages.shapes import Attachment, SenderAct
from pages.field_errors import invalid_submission
from pages.refusals import FieldError, Refused
from pages.translation.message import message as _

# Acts that a sender cannot take back. They need the field `confirm`.
CONFIRMED_ACTS: frozenset[SenderAct] = frozenset({"withdraws", "asks-to-be-forgotten"})
_ACTS = frozenset(get_args(SenderAct)) - {"reports"}


@dataclass(frozen=True, slots=True)
class TypedFollowUp:
    """Fields of a follow-up, as they were typed. `rating` is a digit or empty. `form_id` tells copies of one form."""

    token: str
    act: str
    text: str = ""
    rating: str = ""
    is_confirmed: bool = False
    form_id: str = ""


def typed_follow_up(values: Mapping[str, str]) -> TypedFollowUp:
    """Return the follow-up in the fields of a form or of a JSON object."""
    return TypedFollowUp(
        token=values.get("token", ""),
        act=values.get("act", ""),
        # Browsers send the end of a line as two characters.
        text=values.get("text", "").replace("\r\n", "\n"),
        rating=values.get("rating", "").strip(),
        is_confirmed=bool(values.get("confirm")),
        form_id=values.get("form_id", ""),
    )


def read_follow_up(typed: TypedFollowUp, key: bytes, file_count: int) -> FollowUpSubmission:
    """Return the follow-up. Raises `Refused`: for a link that is not ours, or with each field to correct."""
    report_id = read_sender_token(typed.token, key)
    if report_id is None:
        raise Refused("no_such_link")
    if errors := list(_field_errors(typed, file_count)):
        raise Refused("invalid_submission", tuple(errors))
    try:
        return FollowUpSubmission.model_validate(
            {"message_id": report_id, "act": typed.act, "text": typed.text, "rating": typed.rating or 0}
        )
    except ValidationError as error:
        raise invalid_submission(error) from None


def wrap_follow_up(
    submission: FollowUpSubmission,
    form_id: str,
    new_id: UUID,
    attachments: Sequence[Attachment],
    at: datetime,
    wrapper: Wrapper,
) -> OpenMessage:
    """Return the message. The same form sent twice is one message; without a form id, `new_id` identifies it.

    The report is the sender: all follow-ups of a report stay in order.
    """
    body = submission.model_dump_json().encode()
    files = "".join(attachment.sha256 for attachment in attachments)
    digest = hashlib.sha256("\0".join([form_id or str(new_id), files]).encode() + body).hexdigest()
    sender = f"report:{submission.message_id}"
    message = wrapper.open_message(CHANNEL.name, f"follow-up:{digest}", sender, body, at, CONTENT_TYPE, "sender-link")
    return message.with_fields(attachments=tuple(attachments)) if attachments else message


def _field_errors(typed: TypedFollowUp, file_count: int) -> Sequence[FieldError]:
    if typed.act not in _ACTS:
        return [FieldError("act", _("Pilih salah satu: {expected}.").filled(expected=", ".join(sorted(_ACTS))))]
    if typed.act == "adds" and not file_count and not has_visible_text(typed.text):
        return [FieldError("text", _("Tulis keterangan Anda, atau pilih foto."))]
    if typed.act == "rates" and typed.rating not in {"1", "2", "3", "4", "5"}:
        return [FieldError("rating", _("Pilih nilai dari 1 sampai 5."))]
    if typed.act in CONFIRMED_ACTS and not typed.is_confirmed:
        return [FieldError("confirm", _("Centang kotak ini untuk melanjutkan."))]
    return []
