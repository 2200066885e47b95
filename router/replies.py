"""Replies to a sender about a dispatch or an agency's answer. Pure: no word of the complaint, and no link of ours.

Replies go only to the channels that the caller gives: those where nobody but the sender reads them, such as SMS and
the app.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from messages import ids
from messages.gsm_alphabet import fits_one_sms
from messages.reply_texts import TRIAGE_NAME, UNNAMED_AGENCY, sender_text, tells_citizen
from messages.shapes import SPLIT, AgencyAnswer, Channel, Dispatch, Reply, Verdict
from messages.topics import TRIAGE


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


def reopening_reply(case: Dispatch, agency_name: str, channels: Collection[Channel]) -> Reply | None:
    """Return the reply that a case is open again, or `None` on another channel. `case` is the reopening."""
    if case.channel not in channels:
        return None
    text = f"Laporan {case.tracking} dibuka lagi di {{}}. Pernyataan Anda sudah diteruskan."
    return _reply(case, case.at, "dispatched", f"reopened:{case.id}", _with_agency(text, case, agency_name))


def answer_reply(
    recipient: Dispatch,
    answered_id: UUID,
    answer: AgencyAnswer,
    taken_at: datetime,
    agency_name: str,
    channels: Collection[Channel],
) -> Reply | None:
    """Return the reply that the agency asked, responded or closed the complaint, or `None` for another answer.

    `recipient` is the latest dispatch of the sender's complaint, `answered_id` the answered dispatch of its case. A
    sender gets each question, and the first response and the closing for each dispatch of the case. A sender who joined
    another citizen's case hears that there is an answer, without its words: they may be about that citizen. A case that
    triage closed was handled by nobody, and the text says so.
    """
    is_joined = recipient.relation.kind == "joins" and not recipient.own_case
    if (
        recipient.channel not in channels
        or not tells_citizen(answer.verdict)
        or (is_joined and answer.verdict == "asked")
    ):
        return None
    content: Verdict = "responded" if is_joined else answer.verdict
    is_private = recipient.report.is_private
    verdict = answer.verdict if recipient.agency == TRIAGE else content
    words = "" if is_joined else answer.text
    text = sender_text(verdict, recipient.tracking, recipient.agency, agency_name, words, is_private=is_private)
    return _reply(recipient, taken_at, "answered", _occasion(answer, content, answered_id), text)


def _occasion(answer: AgencyAnswer, content: Verdict, answered_id: UUID) -> str:
    """Return the occasion of a reply to an answer. Replies are never sent twice for one occasion."""
    if content == "asked":
        return f"answered:asked:{answer.id}"
    # Answers without an authenticator are older than these ids: a replay must give the id that the reply had.
    return f"answered:{content}:{answered_id}" if answer.authenticator else f"answered:{answer.verdict}"


def _with_agency(text: str, dispatch: Dispatch, agency_name: str) -> str:
    """Return the text with the agency's name, if the agency has one and it fits one SMS.

    A confidential or anonymous report never names the agency: another person may see the screen.
    """
    if dispatch.report.is_private:
        return text.format(UNNAMED_AGENCY)
    if dispatch.agency == TRIAGE:
        return text.format(TRIAGE_NAME)
    named_text = text.format(agency_name)
    return named_text if agency_name and fits_one_sms(named_text) else text.format(UNNAMED_AGENCY)


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
