"""Builds the stages with the channels of the service."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Engine

from app.assembly.channels import CHANNELS, DIRECTORY
from config.reference.classification_phrases import ClassificationRow
from config.reference.folder import SHIPPED_FOLDER
from config.reference.matter_terms import MATTER_FAULTS, TermIndex, load_terms
from config.reference.regions import Regions
from config.reference.reloading import Source
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.payloads import follow_up, open311
from messages.payloads.smpp import JOINED_SMS
from messages.sealing import Sealer
from messages.sender_link import sender_link
from messages.shapes import Danger
from messages.topics import consumer_groups
from normalize.classification.classifier import Classifier
from normalize.conversation.conversation import Conversation
from normalize.duplicates.matcher import Matcher
from normalize.reader_table import ReaderTable
from normalize.readers import follow_up as follow_up_reader
from normalize.readers import smpp
from normalize.readers.open311 import Open311Reader
from normalize.stage import NormalizeStage
from router.rules import Rules
from router.stage import RouterStage
from sinks.replies.sink import ReplySink
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource

# Topics of each consumer group whose lag is watched.
WATCHED_TOPICS = {group.name: group.topics for group in consumer_groups(DIRECTORY.names)}
# Keys of the agencies in tests that have no `Parts`.
ANSWER_KEYS = AnswerKeys(b"key of the tests", {})
ANSWER_CHECK = AnswerCheck(ANSWER_KEYS)
_NO_SERVICES: Mapping[str, str] = MappingProxyType({})
_NO_REGIONS = Regions(())


def make_normalizer(
    engine: Engine,
    sealer: Sealer,
    services: Mapping[str, str] = _NO_SERVICES,
    regions: Regions = _NO_REGIONS,
    matcher: Matcher | None = None,
    classifier: Classifier | None = None,
    find_danger: Callable[[str, str], Danger] = lambda _text, _title: "",
    find_public: Callable[[str], UUID | None] | None = None,
    conversation: Conversation | None = None,
    is_own_key_known: Callable[[], bool] = lambda: False,
) -> NormalizeStage:
    """Return a normalizer; `services` are the names of Open311's services by their codes."""
    by_content_type = {
        open311.CONTENT_TYPE: Open311Reader(services).read_report,
        follow_up.CONTENT_TYPE: follow_up_reader.read_report,
        JOINED_SMS: smpp.read_report,
    }
    by_channel = {channel.facts.name: channel.reader for channel in CHANNELS}
    readers = ReaderTable(by_channel, by_content_type)
    matchers = FixedSource(matcher) if matcher else None
    return NormalizeStage(
        engine,
        sealer,
        readers,
        DEADLINES.may_object,
        regions,
        matchers,
        classifier,
        find_danger,
        find_public,
        conversation,
        is_own_key_known,
    )


@cache
def _faults() -> TermIndex:
    return load_terms(SHIPPED_FOLDER / MATTER_FAULTS)


def make_classifier(rows: Iterable[ClassificationRow]) -> Classifier:
    """Return a classifier of these rows."""
    return Classifier(rows, DIRECTORY.without_kind_choice, _faults())


def make_router(
    engine: Engine, source: Source[Rules], now: Callable[[], datetime], answer_check: AnswerCheck = ANSWER_CHECK
) -> RouterStage:
    """Return a router."""
    return RouterStage(engine, source, now, DIRECTORY, answer_check, link_of, DEADLINES)


def link_of(message: UUID) -> str:
    """Return the sender's own link in tests."""
    return sender_link("https://lapor.contoh.id", b"link key of the tests", message)


def make_reply_sink(engine: Engine) -> ReplySink:
    """Return the sink that fills the outbox of replies."""
    return ReplySink(engine, DIRECTORY)
