"""The core that all parts of a process share: its settings, surroundings, channels, secrets, database and bus."""

from __future__ import annotations

import os
import pwd
from functools import cached_property
from typing import TYPE_CHECKING

from app.clock import Clock
from app.randomness import Randomness
from app.threads import Threads
from bus.port import Bus, Producer
from messages.channels import ChannelDirectory

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.operations.audit.heads import AuditHeads
    from app.operations.audit.log import AuditLog
    from config.database import DatabaseProbe
    from config.secrets import Secrets
    from config.settings import Settings

# Limit of a door's publish. Twilio waits 15 s for the whole answer, and a person less.
_DOOR_SECONDS = 3.0
# Limit of the database check. `/ready` must answer within ten seconds, whatever dependency is away.
_PING_SECONDS = 3.0


class Core:
    """Core of one process. `channels` are the facts of all channels of the service."""

    def __init__(
        self, settings: Settings, channels: ChannelDirectory, clock: Clock, randomness: Randomness, threads: Threads
    ) -> None:
        self.settings = settings
        self.channels = channels
        self.clock = clock
        self.now = clock.now
        self.randomness = randomness
        self.threads = threads

    def close(self) -> None:
        """Close the producer of the audit log's heads and the connections to the database, at the end of a process."""
        self.audit_heads.close()
        if "engine" in vars(self):
            self.engine.dispose()

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets of the settings or the data folder. Raises `OSError` if the data folder cannot be written."""
        from config.secrets import open_secrets

        return open_secrets(self.settings, self.randomness.token_hex)

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
    def bus(self) -> Bus:
        """The bus that the settings name."""
        if self.settings.bus == "local":
            from bus.local.bus import LocalBus

            return LocalBus(self.settings.home / "bus.db", self.clock.timestamp)
        from app.assembly.kafka import kafka_bus

        return kafka_bus(self.settings, self.clock)

    def door_producer(self) -> Producer:
        """Return a producer with a short deadline: a citizen or a provider waits for the answer."""
        if self.settings.bus == "local":
            return self.bus.producer()
        from app.assembly.kafka import kafka_bus

        return kafka_bus(self.settings, self.clock, _DOOR_SECONDS).producer()

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


def system_user() -> str:
    """Return user id and name, as in `uid 1000 satupintu`; without the name if the system has none for it."""
    user_id = os.getuid()
    try:
        return f"uid {user_id} {pwd.getpwuid(user_id).pw_name}"
    except KeyError:
        return f"uid {user_id}"
