"""The reply about an agency's answer: who hears of it, how often, and its text in the form of the channel. Pure.

The router sends it, and the desk shows it to the officer before it is sent. Both call `answer_notice`.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from messages.channels import ReplyForm
from messages.replies.mail_texts import answer_mail
from messages.replies.post_texts import answer_post, post_septets_left, words_in_post
from messages.replies.reply_texts import (
    NO_ACCESS,
    TRIAGE_NAME,
    AttachedFiles,
    SenderAccess,
    extension_words,
    is_complete,
    sender_text,
    septets_left,
    tells_citizen,
)
from messages.shapes import AnswerContent, Verdict
from messages.topics import TRIAGE

# Verdicts of which only the sender of the case hears.
_TO_CASE_SENDER: frozenset[Verdict] = frozenset({"asked", "extended"})
AnswerNoticeKind: TypeAlias = Literal["answered", "closed"]


class AnswerSubject(NamedTuple):
    """Verdict of an answer, the number of the report, and code and name of the agency."""

    verdict: Verdict
    number: str
    agency: str
    agency_name: str

    @property
    def public_name(self) -> str:
        """The name under which citizens hear of the agency."""
        return TRIAGE_NAME if self.agency == TRIAGE else self.agency_name


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecipient:
    """A sender who may hear of an answer, and how.

    `number` and `agency` are those of the sender's own report. `is_joined`: it joined the case of another citizen.
    `link` is the sender's own link, `objection_period` the time in which one may object, as a person reads it.
    `may_get_mail`: senders on this channel may choose e-mail.
    """

    form: ReplyForm
    number: str
    agency: str
    is_private: bool
    is_joined: bool = False
    link: str
    objection_period: str
    may_get_mail: bool = False


@dataclass(frozen=True, slots=True)
class AnswerNotice:
    """What a sender gets about an answer. `mail_text` is that of an e-mail, with all words; empty if there is none.

    `occasion` is the verdict that it tells of. A sender hears of each question, and of every other occasion once for
    a dispatch of the case.
    """

    kind: AnswerNoticeKind
    occasion: Verdict
    text: str
    mail_text: str = ""


def told_words(answer: AnswerContent) -> str:
    """Return the words of an answer that its sender reads: of an extension also its length."""
    return extension_words(answer.extension_days, answer.text) if answer.verdict == "extended" else answer.text


def answer_notice(
    recipient: AnswerRecipient,
    verdict: Verdict,
    agency_name: str,
    words: str,
    *,
    follows_response: bool = False,
    files: AttachedFiles = "",
) -> AnswerNotice | None:
    """Return the notice about an answer; `None` if the recipient does not hear of it.

    A sender gets each question, the extension of the deadline, and the first response and the closing. A sender who
    joined another citizen's case hears of response and closing, without the words: they may be about that citizen. If
    the closing `follows_response`, this sender hears of both: nobody may miss the time in which one can object. A case
    that triage closed was handled by nobody, and the text says so. A sender on X gets one reply about response and
    closing. `files` are those of the answer that the recipient's own page shows.
    """
    is_joined, is_post = recipient.is_joined, recipient.form == "post"
    if not tells_citizen(verdict) or (is_joined and verdict in _TO_CASE_SENDER):
        return None
    occasion: Verdict = "responded" if is_joined or (is_post and verdict not in _TO_CASE_SENDER) else verdict
    told_verdict = occasion if is_joined and recipient.agency != TRIAGE else verdict
    is_told_again = is_joined and follows_response and not is_post
    subject = AnswerSubject(told_verdict, recipient.number, recipient.agency, agency_name)
    text = reply_text(
        recipient.form,
        subject,
        "" if is_joined else words,
        is_private=recipient.is_private,
        link=recipient.link,
        objection_period=recipient.objection_period,
        files=files,
    )
    kind: AnswerNoticeKind = "closed" if told_verdict == "closed" else "answered"
    mail_text = _mail_text(recipient, subject, words, files) if recipient.may_get_mail else ""
    return AnswerNotice(kind, verdict if is_told_again else occasion, text, mail_text)


def reply_text(
    form: ReplyForm,
    subject: AnswerSubject,
    words: str,
    *,
    is_private: bool,
    link: str,
    objection_period: str,
    files: AttachedFiles = "",
) -> str:
    """Return the text. `link` is the sender's own link to the report; a public post never contains it.

    `objection_period` is the time in which the sender may object to a closing, as a person reads it. `files`:
    the link shows them. A post does not tell of them: its readers do not have the link.
    """
    if form == "post":
        name = "" if is_private else subject.public_name
        return answer_post(subject.verdict, subject.number, subject.agency, name, "" if is_private else words)
    access = SenderAccess(link=link, objection_period=objection_period if form == "sms" else "", files=files)
    return sender_text(*subject, words, is_private=is_private, access=access)


def _mail_text(recipient: AnswerRecipient, subject: AnswerSubject, words: str, files: AttachedFiles) -> str:
    return answer_mail(
        subject.verdict,
        subject.number,
        subject.agency,
        subject.public_name,
        None if recipient.is_joined else words,
        recipient.objection_period,
        is_private=recipient.is_private,
        files=files,
    )


def has_all_words(form: ReplyForm, text: str, words: str) -> bool:
    """Return whether the text of a reply has all of the words."""
    return words_in_post(words) in text if form == "post" else is_complete(text, words)


def room_left(form: ReplyForm, subject: AnswerSubject, words: str, access: SenderAccess = NO_ACCESS) -> int:
    """Return how many more septets of words one reply holds; negative if the words are cut.

    `access` has the link and the files of the answer.
    """
    if form == "post":
        return post_septets_left(subject.verdict, subject.number, subject.agency, subject.public_name, words)
    return septets_left(*subject, words, access)
