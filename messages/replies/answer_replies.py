"""Text of a reply about an agency's answer, in the form of the sender's channel. Pure.

The router sends it, and the desk shows it to the officer before it is sent.
"""

from typing import NamedTuple

from messages.channels import ReplyForm
from messages.replies.post_texts import answer_post, post_septets_left, words_in_post
from messages.replies.reply_texts import TRIAGE_NAME, SenderAccess, is_complete, sender_text, septets_left
from messages.shapes import Verdict
from messages.topics import TRIAGE


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


def reply_text(
    form: ReplyForm,
    subject: AnswerSubject,
    words: str,
    *,
    is_private: bool,
    link: str,
    objection_period: str,
    has_pictures: bool = False,
) -> str:
    """Return the text. `link` is the sender's own link to the report; a public post never contains it.

    `objection_period` is the time in which the sender may object to a closing, as a person reads it. `has_pictures`:
    the link shows pictures of the work. A post does not tell of them: its readers do not have the link.
    """
    if form == "post":
        name = "" if is_private else subject.public_name
        return answer_post(subject.verdict, subject.number, subject.agency, name, "" if is_private else words)
    access = SenderAccess(
        link=link, objection_period=objection_period if form == "sms" else "", has_pictures=has_pictures
    )
    return sender_text(*subject, words, is_private=is_private, access=access)


def has_all_words(form: ReplyForm, text: str, words: str) -> bool:
    """Return whether the text of a reply has all of the words."""
    return words_in_post(words) in text if form == "post" else is_complete(text, words)


def room_left(form: ReplyForm, subject: AnswerSubject, words: str, picture_link: str = "") -> int:
    """Return how many more septets of words one reply holds; negative if the words are cut.

    `picture_link` is the link of a reply about pictures; empty without them.
    """
    if form == "post":
        return post_septets_left(subject.verdict, subject.number, subject.agency, subject.public_name, words)
    return septets_left(*subject, words, SenderAccess(link=picture_link, has_pictures=bool(picture_link)))
