"""Replies to a sender about a dispatch or an agency's answer. Pure: no word of the complaint.

Replies go only to the channels that the caller gives. Where everybody reads them, as on X, the sender hears of answers
alone, and without a link.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from messages import ids
from messages.channels import ReplyForm
from messages.gsm_alphabet import fits_one_sms
from messages.replies.answer_replies import AnswerRecipient, answer_notice, told_words
from messages.replies.reply_texts import TRIAGE_NAME, UNNAMED_AGENCY, AttachedFiles, attached_files
from messages.shapes import KEPT_APART, SPLIT, AgencyAnswer, Channel, Dispatch, Reply, Verdict
from messages.topics import TRIAGE
from messages.tracking import number_of_report
from router.decision import PLACE_CONFLICT, PLACE_MISSING

ReplyKind: TypeAlias = Literal["asked-place", "dispatched", "answered", "closed"]
_PLACE_MISSING = "Laporan {} belum menyebut tempat."
_PLACE_CONFLICT = "Titik lokasi dan isi laporan {} berbeda."
_BY_SMS = " Balas dengan nama jalan atau desa, kecamatan, dan kota/kabupatennya."
_BY_LINK = " Tambahkan jalan, kecamatan, dan kota/kabupatennya: {}"
_CONFLICT_BY_LINK = " Tulis tempat yang benar: {}"


@dataclass(frozen=True, slots=True)
class AnswerRecipients:
    """Channels whose senders hear of answers, with the form of the reply on each.

    `link_of` returns the sender's own link to the report of a message, and `objection_period` the time in which one
    may object to an answer of a time, as a person reads it. `mailed` are the channels whose senders may choose e-mail.
    """

    forms: Mapping[Channel, ReplyForm]
    link_of: Callable[[UUID], str]
    objection_period: Callable[[datetime], str]
    mailed: Collection[Channel] = ()

    def of_answer(self, dispatch: Dispatch, answered_at: datetime) -> AnswerRecipient | None:
        """Return the sender of a dispatched report as who may hear of an answer; `None` on a channel without."""
        form = self.forms.get(dispatch.channel)
        if form is None:
            return None
        return AnswerRecipient(
            form=form,
            number=dispatch.tracking,
            agency=dispatch.agency,
            is_private=dispatch.report.is_private,
            is_joined=dispatch.relation.kind == "joins" and not dispatch.own_case,
            link=self.link_of(dispatch.message_id),
            objection_period=self.objection_period(answered_at),
            may_get_mail=dispatch.channel in self.mailed,
        )

    def place_question(self, recipient: Dispatch) -> str:
        """Return the text that asks for the place of a report. Only an SMS can be answered by itself."""
        is_conflict = any(reason.rule == PLACE_CONFLICT for reason in recipient.reasons)
        template, link_template = (_PLACE_CONFLICT, _CONFLICT_BY_LINK) if is_conflict else (_PLACE_MISSING, _BY_LINK)
        question = template.format(recipient.tracking)
        by_link = question + link_template.format(self.link_of(recipient.message_id))
        is_by_link = self.forms[recipient.channel] != "sms" and fits_one_sms(by_link)
        return by_link if is_by_link else question + _BY_SMS


def dispatch_reply(
    dispatch: Dispatch, agency_name: str, channels: Collection[Channel], recipients: AnswerRecipients
) -> Reply | None:
    """Return the reply that a complaint is at its first agency, or `None` if there is no reply.

    At triage a sender whose place is not known is asked for it instead, and hears of the agency when the case has left
    triage. A sender who repeats a complaint already knows where it went. After a person splits the two, the sender
    gets a reply for the repeat too. The id of the reply is always the same, so that nobody gets it twice.
    """
    is_first_at_triage = dispatch.agency == TRIAGE and dispatch.hop == 0 and dispatch.own_case
    if is_first_at_triage and lacks_place(dispatch) and dispatch.channel in channels:
        return _reply(dispatch, dispatch.at, "asked-place", "asked-place", recipients.place_question(dispatch))
    is_split = not {SPLIT, KEPT_APART}.isdisjoint(dispatch.relation.evidence)
    is_first = dispatch.hop == 0 or is_split or _is_after_question(dispatch)
    if dispatch.channel not in channels or not is_first or dispatch.relation.kind == "repeat":
        return None
    text = f"Laporan {dispatch.tracking} sudah kami teruskan ke {{}}."
    if dispatch.part_of and dispatch.hop == 0:
        text = _part_text(dispatch)
    elif dispatch.agency == TRIAGE:
        text = f"Laporan {dispatch.tracking} sedang kami teliti untuk menentukan instansi yang berwenang."
    return _reply(dispatch, dispatch.at, "dispatched", "dispatched", _with_agency(text, dispatch, agency_name))


def _part_text(dispatch: Dispatch) -> str:
    """Return the text by which a sender hears that the report was divided, with a gap for the agency."""
    whole = number_of_report(dispatch.tracking)
    return f"Laporan {whole} memuat hal lain. Hal itu kami teruskan ke {{}}, dengan nomor {dispatch.tracking}."


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
    recipients: AnswerRecipients,
    *,
    follows_response: bool = False,
) -> Reply | None:
    """Return the reply that the agency asked, extended, responded or closed, or `None` for another answer.

    `recipient` is the latest dispatch of the sender's complaint, `answered_id` the answered dispatch of its case.
    `messages.replies.answer_replies.answer_notice` decides who hears what.
    """
    sender = recipients.of_answer(recipient, taken_at)
    if sender is None:
        return None
    notice = answer_notice(
        sender,
        answer.verdict,
        agency_name,
        told_words(answer),
        follows_response=follows_response,
        files=_files(answer, is_joined=sender.is_joined),
    )
    if notice is None:
        return None
    occasion = _occasion(answer, notice.occasion, answered_id)
    return _reply(recipient, taken_at, notice.kind, occasion, notice.text, notice.mail_text)


def _files(answer: AgencyAnswer, *, is_joined: bool) -> AttachedFiles:
    """Return the files of an answer that the sender surely sees. Of a joined report, only those for everybody."""
    has_pictures = bool(answer.pictures) and (not is_joined or answer.pictures_public)
    return attached_files(has_pictures=has_pictures, has_document=answer.document is not None and not is_joined)


def lacks_place(dispatch: Dispatch) -> bool:
    """Return whether a report is, or was first, at triage because it names no place, or has a point elsewhere."""
    return any(reason.rule in {PLACE_MISSING, PLACE_CONFLICT} for reason in dispatch.reasons)


def _is_after_question(dispatch: Dispatch) -> bool:
    """Return whether a dispatch comes after triage, where the sender was asked for the place.

    Only the first one is told of: the replies about all of them have one id.
    """
    return lacks_place(dispatch) and dispatch.own_case and dispatch.agency != TRIAGE


def _occasion(answer: AgencyAnswer, content: Verdict, answered_id: UUID) -> str:
    """Return the occasion of a reply to an answer. Replies are never sent twice for one occasion."""
    if content == "asked":
        return f"answered:asked:{answer.id}"
    return f"answered:{content}:{answered_id}"


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


def _reply(dispatch: Dispatch, at: datetime, kind: ReplyKind, once_for: str, text: str, mail_text: str = "") -> Reply:
    """Return a reply; `once_for` is the occasion for which a complaint's sender gets only one."""
    return Reply(
        id=ids.reply_id(dispatch.complaint_id, once_for),
        message_id=dispatch.message_id,
        at=at,
        complaint_id=dispatch.recipient_id,
        tracking=dispatch.tracking,
        channel=dispatch.channel,
        kind=kind,
        text=text,
        mail_text=mail_text,
    )
