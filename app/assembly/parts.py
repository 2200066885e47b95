"""Puts the parts of one process together. Each part is built at its first use. Nothing is decided here.

What most stages use is here. What one stage or process uses is in its own class: the doors, the normalizer, the router.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from app.assembly.auditing import Auditing
from app.assembly.core import Core
from app.assembly.doors.parts import DoorParts
from app.assembly.installed_channel import InstalledChannel
from app.assembly.keys import Keys
from app.assembly.reference_tables import ReferenceTables
from app.assembly.service_topics import ServiceTopics
from app.assembly.stages.normalizer import NormalizerParts, ReadingTables
from app.assembly.stages.router import RouterParts
from app.surroundings import Surroundings
from bus.port import Bus
from messages.channels import ChannelDirectory
from messages.topics import ConsumerGroup, Topic

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.operations.audit.heads import AuditHeads
    from app.operations.audit.log import AuditLog
    from cases.clocks.deadlines import Deadlines
    from config.secrets import Secrets
    from config.settings import Settings
    from ingest.wrap import Wrapper
    from messages.sealing import Sealer
    from monitor.audit.audit import Audit, ProgressReport
    from normalize.reader_table import ReaderTable
    from router.registry.registry import Registry
    from sinks.ledger.status import StatusReader


class SharedTables(NamedTuple):
    """Tables that processes share which are forked after the tables were loaded."""

    tables: ReferenceTables
    reading: ReadingTables


class Parts:
    """Parts of one process. `channels` are the channels of the service: see `app.assembly.channels`.

    `surroundings` are its time, randomness and threads. All that is built here gets them from these parts. `shared` are
    the tables of the process that this one is forked from.
    """

    def __init__(
        self,
        settings: Settings,
        channels: Iterable[InstalledChannel],
        surroundings: Surroundings,
        shared: SharedTables | None = None,
    ) -> None:
        self._surroundings = surroundings
        self.clock = surroundings.clock
        self.randomness = surroundings.randomness
        self.threads = surroundings.threads
        self.installed_channels = tuple(channels)
        self.channels = ChannelDirectory(tuple(channel.facts for channel in self.installed_channels))
        core = self.core = Core(settings, self.channels, self.clock, self.randomness, self.threads)
        self.shared = shared or _unshared_tables(core)
        self.tables, self.reading = self.shared
        self.keys = Keys(core)
        self.service_topics = ServiceTopics(core, self.tables)
        self.doors = DoorParts(core, self.keys, self.tables, lambda: self.ledger, lambda: self.normalizer.preview)
        self.normalizer = NormalizerParts(core, self.keys, self.tables, self.reading, self._readers)
        self.router = RouterParts(core, self.keys, self.tables)
        self._auditing = Auditing(core, self.service_topics, self.doors)

    def _readers(self) -> ReaderTable:
        """Return the readers of all channels."""
        from normalize.reader_table import Reader, ReaderTable

        by_content_type: dict[str, Reader] = {}
        for channel in self.installed_channels:
            by_content_type |= channel.format_readers(self.doors)
        return ReaderTable({channel.facts.name: channel.reader for channel in self.installed_channels}, by_content_type)

    def of_process(self, settings: Settings) -> Parts:
        """Return the parts of a process with these settings. It shares the tables that are loaded already."""
        return Parts(settings, self.installed_channels, self._surroundings, self.shared)

    def close(self) -> None:
        """Close what a process must not leave open at its end."""
        self.core.close()

    @property
    def settings(self) -> Settings:
        """Settings of the process."""
        return self.core.settings

    @property
    def now(self) -> Callable[[], datetime]:
        """The time of the process."""
        return self.core.now

    @property
    def secrets(self) -> Secrets:
        """Secrets of the service. Raises `OSError` if the data folder cannot be written."""
        return self.core.secrets

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.core.engine

    @property
    def bus(self) -> Bus:
        """The bus that the settings name."""
        return self.core.bus

    @property
    def audit_log(self) -> AuditLog:
        """The log of the acts of staff."""
        return self.core.audit_log

    @property
    def audit_heads(self) -> AuditHeads:
        """The heads of that log on the bus."""
        return self.core.audit_heads

    @property
    def sealer(self) -> Sealer:
        """The sealer of identities and providers' bytes."""
        return self.keys.sealer

    @property
    def wrapper(self) -> Wrapper:
        """The wrapper of arrivals at the doors."""
        return self.doors.wrapper

    @property
    def deadlines(self) -> Deadlines:
        """The calendar of working days and the clocks of cases. Raises `TableError`."""
        return self.tables.deadlines

    @property
    def registry(self) -> Registry:
        """The registry of institutions in force. Raises `TableError`."""
        return self.tables.registry

    @property
    def consumer_groups(self) -> Mapping[str, ConsumerGroup]:
        """Consumer groups of all stages, by name."""
        return self.service_topics.consumer_groups

    @property
    def topics(self) -> Sequence[Topic]:
        """Every topic of the service with its agencies."""
        return self.service_topics.all

    @property
    def queues(self) -> list[str]:
        """Topics of the agencies' queues, with that of triage."""
        return self.service_topics.queues

    def ensure_topics(self) -> None:
        """Create missing topics, and log each that the bus refuses. Raises `Retry` or `Stop` if the bus takes none."""
        self.service_topics.ensured.ensure()

    @cached_property
    def ledger(self) -> StatusReader:
        """The reader of the ledger."""
        from router.registry.agency_table import AGENCIES, load_agencies
        from sinks.ledger.status import StatusReader

        agencies = load_agencies(self.tables.reference.required_table(AGENCIES))
        return StatusReader(self.engine, {agency.code: agency.name for agency in agencies})

    def audit(self, *, full: bool = False, progress: ProgressReport | None = None) -> Audit:
        """Return an audit of the service: see `Auditing.run`."""
        return self._auditing.run(full=full, progress=progress)


def _unshared_tables(core: Core) -> SharedTables:
    settings = core.settings
    tables = ReferenceTables(settings.reference_folder, timedelta(days=settings.replies_days))
    return SharedTables(tables, ReadingTables(core, tables))
