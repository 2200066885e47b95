"""Replies to a sender about a dispatch or an agency's answer. Pure: no word of the complaint, and no link.

Replies go only to the channels that the caller gives: those where nobody but the sender reads them, such as SMS and
the app.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from messages import ids
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import SPLIT, AgencyAnswer, Channel, Dispatch, Reply
from messages.topics import TRIAGE

_UNNAMED_AGENCY = "instansi yang berwenang"
_TRIAGE_NAME = "petugas SP4N-LAPOR!"
# The answers that a sender is told of, with the end of the sentence.
_ANSWER_TEXTS = {"responded": "sudah ditanggapi oleh {}.", "closed": "sudah selesai ditangani oleh {}."}


def dispatch_reply(dispatch: Dispatch, agency_name: str, channels: Collection[Channel]) -> Reply | None:
    """Return the reply that a complaint is at its first agency, or `None` if there is no reply.

    A sender who repeats a complaint already knows where it went. After a person splits the two, the sender gets a reply
    for the repeat too. The id of the reply is always the same, so that nobody gets it twice.
    """
    is_first = dispatch.hop == 0 or SPLIT in dispatch.relation.evidence
    if dispatch.channel not in channels or not is_first or dispatch.relation.kind == "repeat":
        return None
    text = f"Laporan {dispatch.tracking} sudah kami teruskan ke {{}}."
    if dispatch.agency == TRIAGE:
        text = f"Laporan {dispatch.tracking} sedang kami teliti untuk menentukan instansi yang berwenang."
    return _reply(dispatch, dispatch.at, "dispatched", "dispatched", _with_agency(text, dispatch, agency_name))


def answer_reply(
    recipient: Dispatch,
    answered_id: UUID,
    answer: AgencyAnswer,
    taken_at: datetime,
    agency_name: str,
    channels: Collection[Channel],
) -> Reply | None:
    """Return the reply that the agency responded or closed the complaint, or `None` for another answer.

    `recipient` is the latest dispatch of the sender's complaint, `answered_id` the answered dispatch of its case. A
    sender gets each of the two once for each dispatch of the case, however often the agency answers. A sender who
    joined another citizen's case hears of an answer: only the case of that citizen is closed.
    """
    if recipient.channel not in channels or answer.verdict not in _ANSWER_TEXTS:
        return None
    is_joined = recipient.relation.kind == "joins" and not recipient.own_case
    content = "responded" if is_joined else answer.verdict
    text = f"Laporan {recipient.tracking} {_ANSWER_TEXTS[content]} Lihat perkembangannya dengan nomor ini."
    # Answers without an authenticator are older than these ids: a replay must give the id that the reply had.
    once_for = f"answered:{content}:{answered_id}" if answer.authenticator else f"answered:{answer.verdict}"
    named_text = _with_agency(text, recipient, agency_name)
    return _reply(recipient, taken_at, "answered", once_for, named_text)


def _with_agency(text: str, dispatch: Dispatch, agency_name: str) -> str:
    """Return the text with the agency's name, if the agency has one and it fits one SMS.

    A confidential or anonymous report never names the agency: another person may see the screen.
    """
    if dispatch.report.anonim or dispatch.report.rahasia:
        return text.format(_UNNAMED_AGENCY)
    if dispatch.agency == TRIAGE:
        return text.format(_TRIAGE_NAME)
    named_text = text.format(agency_name)
    return named_text if agency_name and fits_one_sms(named_text) else text.format(_UNNAMED_AGENCY)


def _reply(
    dispatch: Dispatch, at: datetime, kind: Literal["dispatched", "answered"], once_for: str, text: str
) -> Reply:
    """Return a reply; `once_for` is the occasion for which a complaint's sender gets only one."""
    return Reply(
        id=ids.reply_id(dispatch.complaint_id, once_for),
        message_id=dispatch.message_id,
        at=at,
        complaint_id=dispatch.complaint_id,
        tracking=dispatch.tracking,
        channel=dispatch.channel,
        says=kind,
        text=text,
    )
