"""Builds the parts of one process from its settings. Each part is built at its first use. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import UUID

from app.assembly.installed_channel import InstalledChannel
from app.assembly.processes.address_file import ADDRESS_FILE, read_addresses, read_desk_address
from app.surroundings import Surroundings
from app.system_user import system_user
from bus.port import Bus, Producer, TopicSpec
from config.reference.folder import ReferenceFolder
from messages import topics
from messages.channels import ChannelDirectory
from messages.topics import ConsumerGroup, Topic

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.operations.audit.heads import AuditHeads
    from app.operations.audit.log import AuditLog
    from bus.ensured_topics import EnsuredTopics
    from cases.clocks.deadlines import Deadlines
    from config.database import DatabaseProbe
    from config.reference.open311_services import Open311Services
    from config.reference.regions import Regions
    from config.reference.reloading import ReloadingTables
    from config.reference.retention import RetentionTable
    from config.secrets import Secrets
    from config.settings import Settings
    from ingest.files.attachments import Attachments
    from ingest.http.concurrency_limit import ConcurrencyLimit
    from ingest.http.rate_limits import RateLimiter
    from ingest.mobile.devices import Devices
    from ingest.network_shares import NetworkShares
    from ingest.smpp.part_store import PartStore
    from ingest.spool import Spool
    from ingest.wrap import Wrapper
    from language.model import LanguageModel
    from messages.answer_check import AnswerCheck, AnswerKeys
    from messages.sealing import Sealer
    from monitor.audit.audit import Audit, ProgressReport
    from normalize.classification.classifier import Classifier
    from normalize.classification.danger import DangerReader
    from normalize.conversation.conversation import Conversation
    from normalize.conversation.preview import MessagePreview
    from normalize.duplicates.factory import MatcherSource
    from normalize.reader_table import ReaderTable
    from normalize.stage import NormalizeStage
    from pages.rejection_counter import RejectionCounter
    from privacy.key_store import KeyStore
    from privacy.person_keys import PersonKeys
    from privacy.root_keys import RootKeys
    from router.registry.registry import Registry
    from router.rules import Rules
    from router.stage import RouterStage
    from sinks.ledger.status import StatusReader

# Limit of a door's publish. Twilio waits 15 s for the whole answer, and a person less.
_DOOR_SECONDS = 3.0
# Limit of the database check. `/ready` must answer within ten seconds, whatever dependency is away.
_PING_SECONDS = 3.0
# How long a door waits for the key of a person; then it seals with the shared key. After a failure it does so at once
# for a while.
_KEY_SECONDS, _KEY_PAUSE_SECONDS, _KEY_CALLS_AT_ONCE = 1.5, 5.0, 8
# Each picture takes up to 340 MB while it is cleaned (see ingest/files/cleaning.py). A request that waits for that
# holds one of the 40 threads that all requests share.
_FILES_AT_ONCE = 2
_FILES_WAITING = 16
_FILE_PATIENCE_SECONDS = 5.0
# Rows of the ledger in memory at once during an audit.
# What the audit has read, in the data folder.
_AUDIT_FILE = "audit.db"


class Parts:
    """Parts of one process. `channels` are the channels of the service: see `app.assembly.channels`.

    `surroundings` are its time, randomness and threads. All that is built here gets them from these parts.
    """

    def __init__(self, settings: Settings, channels: Iterable[InstalledChannel], surroundings: Surroundings) -> None:
        self.settings = settings
        self.clock = surroundings.clock
        self.now = self.clock.now
        self.randomness = surroundings.randomness
        self.threads = surroundings.threads
        self.installed_channels = tuple(channels)
        self.channels = ChannelDirectory(tuple(channel.facts for channel in self.installed_channels))

    def of_process(self, settings: Settings) -> Parts:
        """Return the parts of a process with these settings. It shares what is built already, usually the tables."""
        parts = copy(self)
        parts.settings = settings
        return parts

    def close(self) -> None:
        """Close the producer of the audit log's heads and the connections to the database, at the end of a process."""
        self.audit_heads.close()
        if "engine" in vars(self):
            self.engine.dispose()

    @property
    def watched_addresses(self) -> Sequence[str]:
        """Operations' addresses of the processes: those set, those that `run` started, or that of this machine."""
        if self.settings.ops_peers:
            return self.settings.peers
        return read_addresses(self.settings.home / ADDRESS_FILE) or self.settings.peers

    @property
    def desk_address(self) -> str:
        """The address by which persons reach the desk: of the processes that `run` started, or of the settings.

        A command may run in a shell without the settings of the service.
        """
        settings = self.settings
        if settings.desk_url or settings.public_url:
            return settings.desk_reached_at
        return read_desk_address(settings.home / ADDRESS_FILE) or settings.desk_reached_at

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets of the settings or the data folder. Raises `OSError` if the data folder cannot be written."""
        from config.secrets import open_secrets

        return open_secrets(self.settings, self.randomness.token_hex)

    @cached_property
    def sealer(self) -> Sealer:
        """The sealer of identities and providers' bytes, with a key for each person."""
        from privacy.person_sealer import PersonSealer

        return PersonSealer(self.secrets.seal_keys, self.person_keys)

    @cached_property
    def own_key_id(self) -> str:
        """The id of the shared key with which this process seals."""
        from messages.sealing import shared_key_id

        return shared_key_id(self.secrets.seal_keys[0])

    def is_own_key_known(self) -> bool:
        """Return True if the database knows the key with which this process seals. Raises `DatabaseUnavailable`."""
        from privacy.service_keys import known_keys

        return any(key.key_id == self.own_key_id for key in known_keys(self.engine))

    def register_own_key(self) -> None:
        """Register the key of this process if the database knows none.

        Raises `WrongSecretKey` if it knows others, and `DatabaseUnavailable`.
        """
        from privacy.service_keys import register

        register(self.engine, self.own_key_id, self.settings.instance, self.now())

    @cached_property
    def root_keys(self) -> RootKeys:
        """The root keys that the settings name. Raises `SettingsError` if they cannot be read."""
        from privacy.root_keys import open_root_keys

        secrets = self.secrets
        return open_root_keys(self.settings, secrets.wrap_key, self.clock.monotonic, secrets.other_wrap_keys)

    @cached_property
    def person_keys(self) -> PersonKeys:
        """The keys of persons."""
        from privacy.bounded_call import BoundedCall, PausingCall
        from privacy.person_keys import PersonKeys

        call: PausingCall[None] = PausingCall(self.clock.monotonic, _KEY_SECONDS, _KEY_PAUSE_SECONDS)
        if self.key_engine is self.engine:
            call = BoundedCall(
                self.clock.monotonic,
                _KEY_SECONDS,
                _KEY_PAUSE_SECONDS,
                _KEY_CALLS_AT_ONCE,
                self.threads.start_background,
            )
        monotonic, random_bytes = self.clock.monotonic, self.randomness.random_bytes
        return PersonKeys(self.key_store, self.root_keys, self.now, monotonic, call, random_bytes)

    @cached_property
    def answer_keys(self) -> AnswerKeys:
        """The keys by which agencies authenticate their answers."""
        from messages.answer_check import AnswerKeys

        return AnswerKeys(self.secrets.answer_key, self.settings.answer_keys)

    @cached_property
    def answer_check(self) -> AnswerCheck:
        """The check of agencies' answers."""
        from messages.answer_check import AnswerCheck

        return AnswerCheck(self.answer_keys)

    @cached_property
    def wrapper(self) -> Wrapper:
        """The wrapper of arrivals at the doors."""
        from ingest.wrap import Wrapper

        secrets = self.secrets
        return Wrapper(self.sealer, secrets.sender_key, secrets.tracking_key, secrets.message_key)

    @cached_property
    def link_of(self) -> Callable[[UUID], str]:
        """The sender's own link to the report of a raw message."""
        from messages.sender_link import sender_link

        return partial(sender_link, self.settings.reached_at, self.secrets.link_key)

    @cached_property
    def reference(self) -> ReferenceFolder:
        """The operator's reference tables, and the shipped table for each that the folder lacks."""
        return ReferenceFolder(self.settings.reference_folder)

    @cached_property
    def retention(self) -> RetentionTable:
        """The retention of each class of data. Raises `TableError`."""
        from app.operations.retention.table import checked_retention

        return checked_retention(self.reference, timedelta(days=self.settings.replies_days))

    @cached_property
    def deadlines(self) -> Deadlines:
        """The calendar of working days and the clocks of cases. Raises `TableError`."""
        from cases.clocks.deadlines import load_deadlines

        return load_deadlines(self.reference)

    @cached_property
    def language_models(self) -> ReloadingTables[LanguageModel]:
        """The language model of normalizer and router, reloaded when operators edit it. Raises `TableError`."""
        from language.model import reloading_language_model

        return reloading_language_model(self.reference)

    @cached_property
    def reloading_rules(self) -> ReloadingTables[Rules]:
        """The routing rules, reloaded when operators edit them. Raises `TableError`."""
        from router.rules_loading import reloading_rules

        return reloading_rules(self.reference, self.language_models, self.registries)

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.reloading_rules.current()

    @cached_property
    def registries(self) -> ReloadingTables[Registry]:
        """Agencies and units, reloaded when operators edit them. Raises `TableError` naming every fault."""
        from router.registry.registry_loading import reloading_registry

        return reloading_registry(self.reference)

    @property
    def registry(self) -> Registry:
        """The registry in force."""
        return self.registries.current()

    @cached_property
    def services(self) -> Open311Services:
        """Services of Open311. Raises `SettingsError` naming each fault of the operator's file."""
        from config.reference.open311_services import OPEN311_SERVICES, load_open311_services

        return load_open311_services(self.reference.table(OPEN311_SERVICES))

    @cached_property
    def regions(self) -> Regions:
        """Regions that citizens choose from. Raises `TableError`."""
        if "language_models" in vars(self):
            return self.language_models.current().regions
        from config.reference.regions import REGIONS, load_regions

        return load_regions(self.reference.table(REGIONS))

    @cached_property
    def matchers(self) -> MatcherSource:
        """The duplicate search of the language model in force. Raises `TableError`."""
        from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
        from normalize.duplicates.factory import MatcherSource

        weights = load_duplicate_weights(self.reference.table(DUPLICATE_WEIGHTS))
        return MatcherSource(self.language_models, weights, self.secrets.duplicate_key)

    @property
    def readers(self) -> ReaderTable:
        """Readers of all channels."""
        from normalize.reader_table import Reader, ReaderTable

        by_content_type: dict[str, Reader] = {}
        for channel in self.installed_channels:
            by_content_type |= channel.format_readers(self)
        by_channel = {channel.facts.name: channel.reader for channel in self.installed_channels}
        return ReaderTable(by_channel, by_content_type)

    @cached_property
    def consumer_groups(self) -> Mapping[str, ConsumerGroup]:
        """Consumer groups of all stages, by name."""
        return {group.name: group for group in topics.consumer_groups(self.channels.names)}

    @property
    def watched_topics(self) -> Mapping[str, tuple[str, ...]]:
        """Topics of each consumer group whose lag is watched: those that do not depend on the registry."""
        return {name: group.topics for name, group in self.consumer_groups.items()}

    @cached_property
    def normalizer(self) -> NormalizeStage:
        """The stage that turns arrivals into complaints."""
        from normalize.stage import NormalizeStage
        from sinks.public.queries import PublicReports

        regions = self.language_models.current().regions
        return NormalizeStage(
            self.engine,
            self.sealer,
            self.readers,
            self.deadlines.may_object,
            regions,
            self.matchers,
            self.classifier,
            self.danger_reader.danger,
            PublicReports(self.engine, self.now).open_complaint if self.settings.public_view else None,
            self.conversation,
            self.is_own_key_known,
        )

    @cached_property
    def router(self) -> RouterStage:
        """The stage that dispatches complaints to institutions."""
        from router.stage import RouterStage

        return RouterStage(
            self.engine,
            self.reloading_rules,
            self.now,
            self.channels,
            self.answer_check,
            self.link_of,
            self.deadlines,
        )

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier that sets messages aside which are no complaints."""
        from normalize.classification.factory import load_classifier

        return load_classifier(self.reference, self.channels.without_kind_choice)

    @cached_property
    def conversation(self) -> Conversation:
        """The part of the normalizer that attaches messages to reports of the same sender."""
        from normalize.conversation.conversation import Conversation, TraitsReaderSource

        readers = TraitsReaderSource(self.language_models)
        return Conversation(readers, self.channels.without_kind_choice, self.deadlines.may_object)

    @cached_property
    def message_preview(self) -> MessagePreview:
        """What the normalizer makes of a message, for doors that answer at once."""
        from normalize.arrival import ArrivalReader
        from normalize.conversation.preview import MessagePreview

        regions, danger = self.language_models.current().regions, self.danger_reader.danger
        reader = ArrivalReader(self.sealer, self.readers, regions, self.classifier, danger, self.conversation)
        return MessagePreview(self.engine, self.sealer, reader)

    @cached_property
    def danger_reader(self) -> DangerReader:
        """The recognition of danger to life in a text, for the normalizer and for hints at the doors."""
        from normalize.classification.factory import load_danger_reader

        return load_danger_reader(self.reference)

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        from app.database import open_database
        from config.postgresql_limits import PostgresqlLimits

        settings = self.settings
        limits = PostgresqlLimits(
            connections=settings.database_connections, statement=settings.database_statement_seconds
        )
        return open_database(settings.database, limits)

    @cached_property
    def key_engine(self) -> Engine:
        """The database of the persons' keys: on SQLite a file of its own, so that doors do not wait for stages."""
        from app.database import open_key_database

        return open_key_database(self.engine, _KEY_SECONDS)

    @cached_property
    def key_store(self) -> KeyStore:
        """The stored keys of persons."""
        from privacy.key_store import KeyStore

        return KeyStore(self.key_engine)

    @cached_property
    def database_ping(self) -> DatabaseProbe:
        """A check of the database with a time limit."""
        from config.database import DatabaseProbe

        return DatabaseProbe(self.ask_database, _PING_SECONDS, self.clock.monotonic, self.threads.start_background)

    def ask_database(self) -> None:
        """Return if the database answers. Raises `DatabaseUnavailable`, or another error of the database."""
        from sqlalchemy import text

        from config.database import read_transaction

        with read_transaction(self.engine) as connection:
            connection.execute(text("SELECT 1"))

    @cached_property
    def audit_log(self) -> AuditLog:
        """The log of the acts of staff."""
        from app.operations.audit.log import AuditLog

        return AuditLog(self.engine, self.audit_heads, system_user())

    @cached_property
    def audit_heads(self) -> AuditHeads:
        """The heads of that log on the bus."""
        from app.operations.audit.heads import AuditHeads

        return AuditHeads(lambda: self.bus)

    @cached_property
    def ledger(self) -> StatusReader:
        """The reader of the ledger."""
        from router.registry.agency_table import AGENCIES, load_agencies
        from sinks.ledger.status import StatusReader

        agencies = load_agencies(self.reference.required_table(AGENCIES))
        return StatusReader(self.engine, {agency.code: agency.name for agency in agencies})

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic of the service with its agencies."""
        return topics.all_topics(self.registry.agencies, self.channels.names)

    @property
    def queues(self) -> list[str]:
        """Topics of the agencies' queues, with that of triage."""
        return [topics.agency_topic(code) for code in self.registry.agencies]

    @cached_property
    def bus(self) -> Bus:
        """The bus that the settings name."""
        if self.settings.bus == "local":
            from bus.local.bus import LocalBus

            return LocalBus(self.settings.home / "bus.db", self.clock.timestamp)
        from app.assembly.kafka import kafka_bus

        return kafka_bus(self.settings, self.clock)

    @cached_property
    def devices(self) -> Devices:
        """The registered devices of the mobile app."""
        from ingest.mobile.devices import Devices
        from ingest.mobile.tokens import Tokens

        tokens = Tokens(self.secrets.device_key)
        return Devices(self.engine, self.wrapper, self.sealer, tokens)

    @cached_property
    def attachments(self) -> Attachments:
        """The store of files that came with reports."""
        from ingest.files.attachments import Attachments, stored_bytes
        from ingest.files.file_space import FileSpace
        from ingest.mobile.uploads import announced_bytes

        measures = (partial(stored_bytes, self.engine), partial(announced_bytes, self.engine))
        space = FileSpace(measures, self.settings.file_gigabytes * 1_000_000_000, self.clock.monotonic)
        return Attachments(self.engine, self.sealer, self.file_limit, space, self.door_rates.check_rate)

    @cached_property
    def door_rates(self) -> RateLimiter:
        """The rate limits of this process's doors."""
        from ingest.http.admission import ADDRESS_RATES
        from ingest.http.rate_limits import RateLimiter

        rates = {**ADDRESS_RATES, **self.channels.rates, **self.settings.rates}
        return RateLimiter(rates, counts_loopback=bool(self.settings.public_url))

    @cached_property
    def file_limit(self) -> ConcurrencyLimit:
        """The limit on files that are processed at once."""
        from ingest.http.concurrency_limit import ConcurrencyLimit

        return ConcurrencyLimit(_FILES_AT_ONCE, _FILES_WAITING, _FILE_PATIENCE_SECONDS)

    @cached_property
    def sms_parts(self) -> PartStore:
        """The store of SMS parts over SMPP that wait for the rest of their message."""
        from ingest.smpp.part_matching import PartDeadlines
        from ingest.smpp.part_store import PartStore

        return PartStore(self.engine, PartDeadlines(timedelta(seconds=self.settings.smpp_part_seconds)))

    @cached_property
    def rejection_counter(self) -> RejectionCounter:
        """The counter of refusals of this process's doors."""
        from pages.rejection_counter import RejectionCounter

        return RejectionCounter(self.channels.doors.values())

    @cached_property
    def network_shares(self) -> NetworkShares:
        """The counts of the networks that send to this process's doors."""
        from ingest.network_shares import NetworkShares

        return NetworkShares(self.channels.doors.values(), self.clock.monotonic)

    @cached_property
    def spool(self) -> Spool:
        """The spool of this host: what its doors accepted while the bus was away."""
        from ingest.spool import Spool

        return Spool(self.settings.home / "spool.db", self.settings.spool_megabytes * 1_000_000, self.now)

    def door_producer(self) -> Producer:
        """Return a producer with a short deadline: a citizen or a provider waits for the answer."""
        if self.settings.bus == "local":
            return self.bus.producer()
        from app.assembly.kafka import kafka_bus

        return kafka_bus(self.settings, self.clock, _DOOR_SECONDS).producer()

    @property
    def topic_specs(self) -> list[TopicSpec]:
        """Every topic of the service, as the bus is to have it."""
        return [
            TopicSpec(topic.name, topic.partitions, topic.retention, topic.retention_bytes, topic.compacted)
            for topic in self.topics
        ]

    @cached_property
    def ensured_topics(self) -> EnsuredTopics:
        """The topics of the service, created when they are missing."""
        from bus.ensured_topics import EnsuredTopics

        return EnsuredTopics(self.bus.ensure, lambda: self.topic_specs, self.clock.monotonic)

    def ensure_topics(self) -> None:
        """Create missing topics, and log each that the bus refuses. Raises `Retry` or `Stop` if the bus takes none."""
        self.ensured_topics.ensure()

    def audit(self, *, full: bool = False, progress: ProgressReport | None = None) -> Audit:
        """Return an audit of the topics, the ledger, and the messages that the doors have not published yet.

        `full`: it reads everything, and not only what is new since the audit before. `progress` is called now and then
        while it reads. The unpublished messages are counted first: one that is published meanwhile counts twice as
        pending, and is not missed.
        """
        from app.assembly.queues import existing_queues
        from monitor.audit.auditor import Auditor
        from router.audited_router import SqlRouter
        from sinks.ledger.audited_ledger import SqlLedger

        unpublished = len(self.spool) + self.spool.rejected_count + self.sms_parts.count_waiting()
        reader, now = self.bus.reader(), self.now()
        try:
            horizon = now - timedelta(days=min(topic.retention for topic in self.topics))
            ledger, router = SqlLedger(self.engine), SqlRouter(self.engine)
            queues, path = existing_queues(reader), self.settings.home / _AUDIT_FILE
            auditor = Auditor(reader, self.channels.names, queues, ledger, router, horizon, path, progress)
            audit = auditor.run(now, full=full)
        finally:
            reader.close()
        audit.accepted += unpublished
        audit.pending += unpublished
        return audit
