"""Parts of a process that its doors and its providers of replies use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import UUID

from app.assembly.core import Core
from app.assembly.keys import Keys
from app.assembly.reference_tables import ReferenceTables

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config.reference.open311_services import Open311Services
    from config.reference.regions import Regions
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
    from messages.sealing import Sealer
    from normalize.conversation.preview import MessagePreview
    from pages.files.file_space import FileSpace
    from pages.rejection_counter import RejectionCounter
    from sinks.ledger.status import StatusReader

# Each picture takes up to 340 MB while it is cleaned (see pages/files/cleaning.py). A request that waits for that
# holds one of the 40 threads that all requests share.
_FILES_AT_ONCE = 2
_FILES_WAITING = 16
_FILE_PATIENCE_SECONDS = 5.0
# Wait for the next part of an SMS; later parts still complete it for six times as long.
_PART_WAIT = timedelta(minutes=10)


class DoorParts:
    """Parts of the doors of one process.

    `ledger` returns the reader of the ledger, `preview` what the normalizer makes of a message.
    """

    def __init__(
        self,
        core: Core,
        keys: Keys,
        tables: ReferenceTables,
        ledger: Callable[[], StatusReader],
        preview: Callable[[], MessagePreview],
    ) -> None:
        self._core = core
        self._keys = keys
        self._tables = tables
        self._ledger = ledger
        self._preview = preview
        self.clock = core.clock
        self.randomness = core.randomness
        self.threads = core.threads

    @property
    def settings(self) -> Settings:
        """Settings of the process."""
        return self._core.settings

    @property
    def now(self) -> Callable[[], datetime]:
        """The time of the process."""
        return self._core.now

    @property
    def secrets(self) -> Secrets:
        """Secrets of the service."""
        return self._core.secrets

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._core.engine

    @property
    def sealer(self) -> Sealer:
        """The sealer of identities and providers' bytes."""
        return self._keys.sealer

    @property
    def link_of(self) -> Callable[[UUID], str]:
        """The sender's own link to the report of a raw message."""
        return self._keys.link_of

    @property
    def short_link_of(self) -> Callable[[str], str]:
        """The short form of the sender's own link, by tracking number."""
        return self._keys.short_link_of

    @property
    def regions(self) -> Regions:
        """Regions that citizens choose from. Raises `TableError`."""
        return self._tables.regions

    def place_at(self, latitude: float, longitude: float) -> str:
        """Return the names of the district, city and province of a point, "" at sea or abroad. Raises `TableError`."""
        from pages.wording.cases import region_label

        return region_label(self.regions, self._tables.points.district_at(latitude, longitude))

    @property
    def topic_names(self) -> Mapping[str, str]:
        """Names of topics for persons, by id. Raises `TableError`."""
        return self._tables.topic_names

    @property
    def retention(self) -> RetentionTable:
        """The retention of each class of data. Raises `TableError`."""
        return self._tables.retention

    @property
    def services(self) -> Open311Services:
        """Services of Open311. Raises `SettingsError`."""
        return self._tables.services

    @property
    def ledger(self) -> StatusReader:
        """The reader of the ledger."""
        return self._ledger()

    @property
    def message_preview(self) -> MessagePreview:
        """What the normalizer makes of a message, for doors that answer at once."""
        return self._preview()

    @cached_property
    def wrapper(self) -> Wrapper:
        """The wrapper of arrivals at the doors."""
        from ingest.wrap import Wrapper

        secrets = self.secrets
        return Wrapper(self.sealer, secrets.sender_key, secrets.tracking_key, secrets.message_key)

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
        from ingest.files.attachments import Attachments

        return Attachments(self.engine, self.sealer, self.file_limit, self.file_space, self.door_rates.check_rate)

    @cached_property
    def file_space(self) -> FileSpace:
        """The space of the files of all senders and agencies."""
        from cases.pictures.store import picture_bytes
        from ingest.files.attachments import stored_bytes
        from ingest.mobile.uploads import announced_bytes
        from pages.files.file_space import FileSpace

        measures = [partial(measure, self.engine) for measure in (stored_bytes, announced_bytes, picture_bytes)]
        return FileSpace(measures, self.settings.file_gigabytes * 1_000_000_000, self._core.clock.monotonic)

    @cached_property
    def door_rates(self) -> RateLimiter:
        """The rate limits of this process's doors."""
        from ingest.http.admission import ADDRESS_RATES
        from ingest.http.rate_limits import RateLimiter

        rates = {**ADDRESS_RATES, **self._core.channels.rates, **self.settings.rates}
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

        return PartStore(self.engine, PartDeadlines(_PART_WAIT))

    @cached_property
    def rejection_counter(self) -> RejectionCounter:
        """The counter of refusals of this process's doors."""
        from pages.rejection_counter import RejectionCounter

        return RejectionCounter(self._core.channels.doors.values())

    @cached_property
    def network_shares(self) -> NetworkShares:
        """The counts of the networks that send to this process's doors."""
        from ingest.network_shares import NetworkShares

        return NetworkShares(self._core.channels.doors.values(), self._core.clock.monotonic)

    @cached_property
    def spool(self) -> Spool:
        """The spool of this host: what its doors accepted while the bus was away."""
        from ingest.spool import Spool

        return Spool(self.settings.home / "spool.db", self.settings.spool_megabytes * 1_000_000, self.now)
