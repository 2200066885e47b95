"""Attaches messages of proven senders to their own reports, on channels where they write without a form."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cases.clocks.deadlines import MayObject
from config.reference.reloading import Source
from language.model import LanguageModel
from messages.payloads.sms import bare_rating, stated_act, stated_rating
from messages.shapes import Channel, FollowUp, RawMessage
from messages.tracking import find_tracking_numbers
from normalize.conversation.decision import Attachment, ContentOf, SenderMessage, SenderReport, attach
from normalize.conversation.traits import MessageTraits, TraitsReader
from normalize.draft import Draft, Follows, NotComplaint
from normalize.replies import UNANSWERED

# Open posts on these channels keep links that may lead to the author. Those of anonymous ones are removed.
_CHANNELS_WITH_LINKS: frozenset[Channel] = frozenset({"twitter"})

# Here the door asks for a rating when a sender confirms an answer.
_CHANNELS_ASKED_FOR_RATING: frozenset[Channel] = frozenset({"sms"})


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message that may belong to an earlier report of its sender: its draft, its traits, and what it states."""

    draft: Draft
    traits: MessageTraits
    content: SenderMessage
    may_object: MayObject

    @property
    def lacks_place(self) -> bool:
        """True if the message names no place and has no coordinates."""
        place = self.draft.report.place
        return not (self.traits.places or self.traits.is_place_only or place.code or place.latitude is not None)

    @property
    def lacks_matter(self) -> bool:
        """True if the message is a place and nothing else, or has no words."""
        return self.traits.is_place_only or not self.draft.has_words


class TraitsReaderSource:
    """Source of the traits reader for the language model in force."""

    def __init__(self, languages: Source[LanguageModel]) -> None:
        self._languages = languages
        self._language = languages.current()
        self._reader = TraitsReader.of(self._language)

    def current(self) -> TraitsReader:
        """Return the reader for the language model in force."""
        language = self._languages.current()
        if language is not self._language:
            self._language, self._reader = language, TraitsReader.of(language)
        return self._reader


class Conversation:
    """Reads messages. `channels` are those on which a proven sender writes without a form.

    `may_object` returns whether an objection at a time is within the period after an answer.
    """

    def __init__(self, readers: Source[TraitsReader], channels: Collection[Channel], may_object: MayObject) -> None:
        self._readers = readers
        self._may_object = may_object
        self._channels = frozenset(channels)

    def current_reader(self) -> TraitsReader:
        """Return the reader in force. It looks at files: a stage asks once per batch."""
        return self._readers.current()

    def open_message(
        self, raw: RawMessage, draft: Draft, classified: Draft | NotComplaint, reader: TraitsReader
    ) -> OpenMessage | None:
        """Return the message if it may belong to an earlier report.

        `draft` is the message before it was classified, `classified` the result. A message without a proven sender
        belongs to no report here.
        """
        if raw.channel not in self._channels or raw.verified_by == "none" or draft.follows:
            return None
        reason = classified.reason if isinstance(classified, NotComplaint) else None
        draft = draft if isinstance(classified, NotComplaint) else classified
        text = draft.report.text if draft.has_words else ""
        traits = reader.read(text)
        numbers = find_tracking_numbers(text)
        content = SenderMessage(
            raw.at,
            traits,
            numbers,
            stated_act(text) if numbers else None,
            draft.report.anonim,
            names_author=raw.channel in _CHANNELS_WITH_LINKS and not draft.report.anonim,
            reason=reason,
            is_answered_at_door=raw.verified_by not in UNANSWERED,
            rating=stated_rating(text),
            bare_rating=bare_rating(text) if raw.channel in _CHANNELS_ASKED_FOR_RATING else 0,
        )
        return OpenMessage(draft, traits, content, self._may_object)


def follows_of(
    message: OpenMessage,
    reports: Sequence[SenderReport],
    content_of: ContentOf,
    closed_thread: UUID | None = None,
    thread: UUID | None = None,
) -> Follows | None:
    """Return the report that a message belongs to, and its act there; `None` for a report of its own.

    `thread` is the report in whose thread the message stands, `closed_thread` the same if that is closed.
    """
    content = message.content
    if closed_thread or thread:
        content = replace(content, closed_thread=closed_thread, thread=thread)
    attachment = attach(content, reports, content_of, message.may_object)
    return _follows(attachment) if attachment else None


def _follows(attachment: Attachment) -> Follows:
    report = attachment.report
    follow_up = FollowUp(act=attachment.act, rating=attachment.rating)
    return Follows(report.report_id, follow_up, attachment.evidence, report.anonim, report.rahasia)
