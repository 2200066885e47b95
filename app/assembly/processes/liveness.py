"""Asks a process again and again if it lives, without waiting for the answer: its `/live`, on one of its ports."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

# Host and port.
Address = tuple[str, int]

# The system itself answers a connection, also for a process that hangs. Only with a full queue it does not.
_CONNECT_SECONDS = 1.0
_ALIVE = b" 200 "
_STATUS_LINE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a process may give no good answer, in seconds. A busy machine must not end a process that works.

    It hangs after `failures` in a row. An answer may take `answer_seconds`, and `pause_seconds` lie between two
    questions: here a silent process has four minutes. Until its first good answer it has `start_seconds`. One that
    hangs is told to end, because it may be one of its stages alone, and is killed after `stop_seconds`.
    """

    pause_seconds: float = 10.0
    answer_seconds: float = 30.0
    failures: int = 6
    start_seconds: float = 600.0
    stop_seconds: float = 20.0


class LivenessCheck:
    """Asks `/live` at one address of a process that has just been started. `monotonic` is a clock.

    `question` is the open connection, which can be read from when the answer is there; `None` between two questions.
    `due_at` is the time for the next call of `proceed`, unless the answer comes before.
    """

    def __init__(self, address: Address, monotonic: Callable[[], float], patience: Patience) -> None:
        self._address = address
        self._monotonic = monotonic
        self._patience = patience
        self._failures = 0
        self._may_start_until: float | None = monotonic() + patience.start_seconds
        self.question: socket.socket | None = None
        self.due_at = monotonic() + patience.pause_seconds

    @property
    def is_hanging(self) -> bool:
        """True if only a new start helps."""
        is_starting = self._may_start_until is not None and self._monotonic() < self._may_start_until
        return self._failures >= self._patience.failures and not is_starting

    def proceed(self, *, has_answer: bool = False) -> None:
        """Read the answer that is there, or ask, or stop waiting for an answer: what is due. Wait for nothing."""
        if self.question and has_answer:
            self._record(self._is_good_answer(self.question))
        elif self._monotonic() < self.due_at:
            return
        elif self.question:
            self._record(is_alive=False)
        else:
            self._ask()

    def close(self) -> None:
        """Close the connection."""
        if self.question:
            self.question.close()
            self.question = None

    def _ask(self) -> None:
        host, port = self._address
        try:
            self.question = socket.create_connection(self._address, _CONNECT_SECONDS)
            self.question.setblocking(False)
            self.question.sendall(f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        except OSError:
            self._record(is_alive=False)
        else:
            self.due_at = self._monotonic() + self._patience.answer_seconds

    def _record(self, is_alive: bool) -> None:  # noqa: FBT001 - the one fact
        self.close()
        self.due_at = self._monotonic() + self._patience.pause_seconds
        self._failures = 0 if is_alive else self._failures + 1
        if is_alive:
            self._may_start_until = None

    @staticmethod
    def _is_good_answer(question: socket.socket) -> bool:
        try:
            return _ALIVE in question.recv(_STATUS_LINE_BYTES)
        except OSError:
            return False
