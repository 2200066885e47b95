"""Limits of the connections of a process to PostgreSQL."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlLimits:
    """Limits of one process, in seconds except `connections`.

    `connections`: most connections that it opens. PostgreSQL's default is 100 for all processes.
    `pool`: how long a thread waits for a free connection. `connect`: for the server's answer to a new connection.
    `statement`: for one statement. A batch of a stage is many short statements, so a longer one is a fault.
    `lock`: for one lock. A stage then tries again, names the lock as the cause and has let its other locks go.
    `idle`: how long a transaction may be open without a statement. PostgreSQL then ends it: a frozen process must not
    hold its locks.
    `unacknowledged`: how long sent bytes may be without an acknowledgement of the other host.
    `report`: how long PostgreSQL may need to report that it ended a statement at its limit.
    """

    connections: int = 5
    pool: float = 5.0
    connect: int = 5
    statement: float = 30.0
    lock: float = 10.0
    idle: float = 60.0
    unacknowledged: float = 15.0
    report: float = 5.0

    @property
    def answer(self) -> float:
        """Seconds after which a server that has not answered is frozen, and its connection is closed."""
        return self.statement + self.report
