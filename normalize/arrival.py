"""Reads the record of an arrival: opens it, cleans the texts, classifies it and prepares the search for its report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import structlog

from bus.errors import Reject, Stop
from bus.port import Record
from config.reference.regions import Regions
from messages import codec, ids
from messages.payloads.follow_up import PROOFS
from messages.sealing import ForgottenKeyError, Sealer, UnknownKeyError, UnsealError
from messages.shapes import Danger, Place, RawMessage, Report
from normalize.classification.classifier import Classifier
from normalize.conversation.conversation import Conversation, OpenMessage
from normalize.conversation.traits import TraitsReader
from normalize.decision import clean_report, fingerprint
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import Matcher
from normalize.reader_table import ReaderTable
from normalize.relation import mark_key

_log = structlog.get_logger()
_NO_KEYS = LookupKeys()
# Characters of the tracking number that make the text of a message without words unique.
_UNIQUE_CHARACTERS = 9
_CITY = 2
_DISTRICT = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record and the result of reading it. `complaint_id` is that of the complaint that it is or would be.

    `fingerprint` is equal for the same text of the same sender. `comparable` is compared with other complaints, which
    are looked up by `keys`.
    `open_message` is set if the arrival may belong to an earlier report of its sender, whatever `draft` is. `danger` is
    the danger to life that its text tells of.
    """

    position: str
    raw: RawMessage
    complaint_id: UUID
    draft: Draft | NotComplaint
    fingerprint: str = ""
    comparable: Comparable | None = None
    keys: LookupKeys = _NO_KEYS
    open_message: OpenMessage | None = None
    danger: Danger = ""

    @property
    def marks(self) -> Iterator[str]:
        """The fingerprint and the keys of all marks by which earlier messages of the same matter are found."""
        if isinstance(self.draft, Draft) and not self.draft.follows:
            yield self.fingerprint
            if continuation := self.draft.continuation:
                yield from map(mark_key, (continuation.mark, *continuation.additional_marks))


class ClassifiedDraft(NamedTuple):
    """A draft as cleaned and classified, with the same fields as an `Arrival`."""

    draft: Draft | NotComplaint
    open_message: OpenMessage | None
    danger: Danger


class ArrivalReader:
    """Reads records. See `normalize.stage.NormalizeStage` for the arguments."""

    def __init__(
        self,
        sealer: Sealer,
        readers: ReaderTable,
        regions: Regions,
        classifier: Classifier | None,
        find_danger: Callable[[str, str], Danger],
        conversation: Conversation | None,
        is_own_key_known: Callable[[], bool] = lambda: False,
    ) -> None:
        self._is_own_key_known = is_own_key_known
        self._sealer = sealer
        self._readers = readers
        self._regions = regions
        self._classifier = classifier
        self._find_danger = find_danger
        self._conversation = conversation

    def traits_reader(self) -> TraitsReader | None:
        """Return the reader of traits that is in force; a stage asks once per batch."""
        return self._conversation.current_reader() if self._conversation else None

    def read(self, record: Record, matcher: Matcher | None, traits: TraitsReader | None) -> Arrival:
        """Return the arrival of a record. Raises `Reject`, or `Stop` if this process lacks a key of the service."""
        try:
            raw = codec.decode(RawMessage, record.value, record.headers, self._readers.by_channel)
            draft = self._read_body(raw)
        except codec.CodecError as error:
            raise Reject(error.reason, error.field) from error
        except Unreadable as error:
            raise Reject("unreadable", error.field) from error
        except UnknownKeyError as error:
            raise self._refusal(record, error) from error
        except UnsealError as error:
            raise Reject("unsealable", "body") from error
        classified, open_message, danger = self.read_draft(raw, draft, traits)
        return Arrival(
            record.position,
            raw,
            ids.complaint_id(raw.message_id),
            classified,
            *_lookups(raw, classified, open_message, matcher),
            open_message,
            danger,
        )

    def _refusal(self, record: Record, error: UnknownKeyError) -> Reject | Stop:
        """Return the refusal of a record that was sealed with a key which this process lacks.

        If the key of this process is that of the service, the host that sealed has another secret: its messages wait
        as dead letters until `SATUPINTU_OTHER_SECRET_KEYS` has that secret, and all others go on.
        """
        host = codec.sealing_instance(record.headers)
        if not (error.is_of_other_secret and self._is_own_key_known()):
            return Stop(f"{record.position}, sealed by {host or 'an unnamed host'}: {missing_key_text(error)}")
        _log.error("message.unknown_key", position=record.position, key=str(error), sealed_by=host)
        return Reject("unknown_key", "body")

    def _read_body(self, raw: RawMessage) -> Draft | NotComplaint:
        """Return the draft in the sender's bytes. Of a person who is forgotten nobody can open them."""
        try:
            body = self._sealer.open(raw.body, raw.id)
        except ForgottenKeyError:
            return NotComplaint("forgotten")
        return self._readers.reader_of(raw)(raw.content_type, body)

    def read_draft(self, raw: RawMessage, draft: Draft | NotComplaint, traits: TraitsReader | None) -> ClassifiedDraft:
        """Return the cleaned and classified draft, its danger, and the message if it may belong to an own report."""
        completed = self._complete(raw, draft)
        if isinstance(completed, NotComplaint):
            return ClassifiedDraft(completed, None, "")
        danger = self.danger_of(completed.report)
        classified = self._classify(raw, completed, danger)
        if self._conversation is None or traits is None:
            return ClassifiedDraft(classified, None, danger)
        return ClassifiedDraft(classified, self._conversation.open_message(raw, completed, classified, traits), danger)

    def danger_of(self, report: Report) -> Danger:
        """Return the danger to life that a report tells of."""
        return self._find_danger(report.text, report.title)

    def _complete(self, raw: RawMessage, draft: Draft | NotComplaint) -> Draft | NotComplaint:
        """Add the attachments and the names of regions, and clean the texts."""
        if isinstance(draft, NotComplaint):
            return draft
        attachments = {"attachments": raw.attachments, "unfetched": raw.unfetched}
        named_place = {"place": with_region_names(draft.report.place, self._regions)}
        # A part of the provider's id would lead to the public post of an anonymous author.
        unique_text = {} if draft.has_words else {"text": f"{draft.report.text} ({raw.tracking[:_UNIQUE_CHARACTERS]})"}
        report = clean_report(draft.report.model_copy(update=attachments | named_place | unique_text))
        if not report.text:
            return NotComplaint("empty")
        if draft.follows:
            return replace(draft, report=report, follows=draft.follows if raw.verified_by in PROOFS else None)
        continuation = draft.continuation
        if continuation and report.anonim:
            continuation = continuation.of_anonymous_reports()
        return replace(draft, report=report, continuation=continuation)

    def _classify(self, raw: RawMessage, draft: Draft, danger: Danger) -> Draft | NotComplaint:
        """Set aside a message that is no complaint.

        Never one with a file or danger, one that arrived in part, or one that a person decided to be a complaint.
        """
        if self._classifier is None or draft.follows:
            return draft
        report = draft.report
        keep = bool(raw.reviewed or report.attachments or report.unfetched or report.partial or danger)
        classification = self._classifier.classify(report.text, report.title, raw.channel, keep=keep)
        if classification.reason:
            return NotComplaint(classification.reason)
        if classification.kind is None:
            return draft
        return replace(draft, report=report.model_copy(update={"kind": classification.kind}))


def missing_key_text(error: UnknownKeyError) -> str:
    """Return what is missing, and which settings name it."""
    return (
        f"key {error} is missing. Compare SATUPINTU_SECRET_KEY and the root keys (SATUPINTU_ROOT_KEYS,"
        " SATUPINTU_ROOT_KEY_FILE or SATUPINTU_ROOT_KEY_COMMAND)"
    )


def _lookups(
    raw: RawMessage, draft: Draft | NotComplaint, open_message: OpenMessage | None, matcher: Matcher | None
) -> tuple[str, Comparable | None, LookupKeys]:
    """Return the fingerprint, the comparable form and its keys."""
    if isinstance(draft, NotComplaint) or draft.follows:
        return "", None, _NO_KEYS
    text_fingerprint = fingerprint(raw.sender, draft.report)
    if matcher is None:
        return text_fingerprint, None, _NO_KEYS
    comparable = matcher.read_report(draft.report, raw, open_message.traits.reading if open_message else None)
    return text_fingerprint, comparable, matcher.lookup_keys(comparable)


def with_region_names(picked_place: Place, regions: Regions) -> Place:
    """Return the place with the names of its code. A region typed as text stays, and so does an unknown code."""
    path = regions.lineage(picked_place.code)
    if not path or picked_place.region:
        return picked_place
    # The bare name of some provinces is a city's too (Jambi, Bengkulu, Gorontalo).
    region = path[1].name if len(path) >= _CITY else f"Provinsi {path[0].name}"
    district = path[2].name if len(path) >= _DISTRICT else ""
    return picked_place.model_copy(update={"region": region, "district": district})
