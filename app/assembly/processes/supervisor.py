"""Supervisor of the processes of one machine: starts them, starts again what ends or hangs, and ends all in order."""

import os
import signal
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait

import structlog

from app.assembly.processes.forked import END_SIGNALS, ForkedProcess, Lifeline
from app.assembly.processes.liveness import Address, LivenessCheck, Patience
from app.exit_codes import EX_CONFIG, EX_TEMPFAIL
from app.threads import StartThread

# Pause before a process is started again. It doubles with each early end, up to the maximum.
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.5, 30.0
# A process that ran for so long has recovered: its next pause is the first one again.
_STEADY_SECONDS = 60.0
# A process that was told to end is killed after this time. Each stage finishes its batch, the doors their requests.
_STOP_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(slots=True)
class RestartPause:
    """Pause before the next start of one process, in seconds."""

    _next_seconds: float = _FIRST_PAUSE_SECONDS

    def after(self, ran_seconds: float) -> float:
        """Return the pause after a run of this length."""
        if ran_seconds >= _STEADY_SECONDS:
            self._next_seconds = _FIRST_PAUSE_SECONDS
        pause, self._next_seconds = self._next_seconds, min(self._next_seconds * 2, _MAX_PAUSE_SECONDS)
        return pause


@dataclass(slots=True)
class _Supervised:
    """One process: `running` while it runs, otherwise it starts at `starts_at`. It is asked at `addresses`.

    `kill_at` is set once it was told to end because it hangs.
    """

    name: str
    run: Callable[[], int]
    addresses: Sequence[Address]
    checks: Sequence[LivenessCheck] = ()
    kill_at: float | None = None
    running: ForkedProcess | None = None
    starts_at: float = 0.0
    started_at: float = 0.0
    pause: RestartPause = field(default_factory=RestartPause)


class Supervisor:
    """Runs `processes`, functions by name that return an exit code, each in a process forked from this one.

    `addresses` are those at which a process answers `/live`, by its name. One that gives no good answer for longer than
    `patience` is ended and started again.

    This process must have one thread, and no open database or bus: a fork would share them. `monotonic` is a clock;
    `start_thread` is called in the forked processes.
    """

    def __init__(
        self,
        processes: Mapping[str, Callable[[], int]],
        monotonic: Callable[[], float],
        start_thread: StartThread,
        addresses: Mapping[str, Sequence[Address]],
        patience: Patience = Patience(),  # noqa: B008 - immutable
    ) -> None:
        self._processes = [_Supervised(name, run, addresses.get(name, ())) for name, run in processes.items()]
        self._monotonic = monotonic
        self._start_thread = start_thread
        self._patience = patience
        self._lifeline = Lifeline()
        # Set once all are to end: the time at which those that have not ended are killed.
        self._kill_at: float | None = None
        self._exit_code = 0

    def run_first(self, run: Callable[[], int]) -> int:
        """Run a function in a process of its own before all others. Return its exit code; 0 if a signal stopped it."""
        with self._woken_by_signals() as woken:
            first = ForkedProcess(run, self._lifeline, self._start_thread)
            if woken in wait([woken, first.ended]):
                first.send_signal(signal.SIGTERM)
            code = first.wait()
        if code < 0:
            return EX_TEMPFAIL if self._kill_at is None else 0
        return code

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a process ends with code 78. Return the exit code."""
        with self._woken_by_signals() as woken:
            while self._kill_at is None or self._running:
                self._start_due()
                ends = [process.ended for process in self._running.values()]
                ended = wait([woken, *ends, *self._questions], self._seconds_to_next())
                if woken in ended:
                    os.read(woken, 4096)
                for process in self._processes:
                    if process.running and process.running.ended in ended:
                        # From here on `stop` signals it no more: another process may get its id.
                        ended_process, process.running = process.running, None
                        self._end(process, ended_process.wait())
                    elif process.running:
                        self._check_liveness(process, process.running, ended)
                self._kill_late()
        self._lifeline.close()
        return self._exit_code

    @property
    def is_ending(self) -> bool:
        """Return True once all processes are to end."""
        return self._kill_at is not None

    def stop(self) -> None:
        """Ask every process to end in order."""
        if self._kill_at is None:
            self._kill_at = self._monotonic() + _STOP_SECONDS
            for process in self._running.values():
                process.send_signal(signal.SIGTERM)

    @property
    def _questions(self) -> Sequence[socket.socket]:
        """Open connections on which an answer is waited for."""
        return [check.question for process in self._processes for check in process.checks if check.question]

    @property
    def _running(self) -> Mapping[str, ForkedProcess]:
        return {process.name: process.running for process in self._processes if process.running}

    def _start_due(self) -> None:
        """Start each process whose pause is over, unless all are to end."""
        for process in self._processes:
            if process.running or process.starts_at > self._monotonic():
                continue
            # `stop` must not run between the fork and the assignment: it would miss this process.
            signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
            if self._kill_at is None:
                process.started_at = self._monotonic()
                process.running = ForkedProcess(process.run, self._lifeline, self._start_thread)
                process.checks = [
                    LivenessCheck(address, self._monotonic, self._patience) for address in process.addresses
                ]
                _log.info("process.started", process=process.name, pid=process.running.pid)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)

    def _end(self, process: _Supervised, code: int) -> None:
        """Decide what follows from the end of a process."""
        for check in process.checks:
            check.close()
        process.checks, process.kill_at = (), None
        if self._kill_at is not None:
            _log.info("process.ended", process=process.name, code=code)
            self._exit_code = self._exit_code or (EX_CONFIG if code == EX_CONFIG else 0)
        elif code == EX_CONFIG:
            # A new start would fail in the same way.
            _log.critical("process.stopped", process=process.name, code=code)
            self._exit_code = code
            self.stop()
        else:
            pause = process.pause.after(self._monotonic() - process.started_at)
            process.starts_at = self._monotonic() + pause
            _log.error("process.lost", process=process.name, code=code, restart_seconds=pause)

    def _check_liveness(self, process: _Supervised, running: ForkedProcess, ready: Collection[object]) -> None:
        """Ask a process if it lives, where that is due, and end it if it hangs. `ready` has the answered questions."""
        if self._kill_at is not None or process.kill_at is not None:
            return
        for check in process.checks:
            check.proceed(has_answer=check.question in ready)
        if any(check.is_hanging for check in process.checks):
            _log.error("process.hanging", process=process.name, pid=running.pid)
            process.kill_at = self._monotonic() + self._patience.stop_seconds
            running.send_signal(signal.SIGTERM)

    def _seconds_to_next(self) -> float | None:
        """Return the seconds until something is due; `None` if only an end or a signal can be next."""
        due = [self._kill_at] if self._kill_at is not None else []
        if self._kill_at is None:
            due = [process.starts_at for process in self._processes if not process.running]
            due += [check.due_at for process in self._processes for check in process.checks if process.kill_at is None]
        due += [process.kill_at for process in self._processes if process.kill_at is not None]
        return max(0.0, min(due) - self._monotonic()) if due else None

    def _kill_late(self) -> None:
        """Kill what was told to end and has not ended in time."""
        for process in self._processes:
            if process.running and process.kill_at is not None and self._monotonic() >= process.kill_at:
                _log.error("process.killed", process=process.name)
                process.running.send_signal(signal.SIGKILL)
                process.kill_at += _STOP_SECONDS
        if self._kill_at is not None and self._monotonic() >= self._kill_at:
            for name, running in self._running.items():
                _log.error("process.killed", process=name)
                running.send_signal(signal.SIGKILL)
            self._kill_at += _STOP_SECONDS

    @contextmanager
    def _woken_by_signals(self) -> Iterator[int]:
        """Let SIGTERM and SIGINT stop all processes. The descriptor can be read from after a signal."""
        reading_end, writing_end = os.pipe()
        os.set_blocking(writing_end, False)
        former_wakeup = signal.set_wakeup_fd(writing_end)
        former_handlers = [signal.signal(number, lambda *_: self.stop()) for number in END_SIGNALS]
        try:
            yield reading_end
        finally:
            signal.set_wakeup_fd(former_wakeup)
            for number, handler in zip(END_SIGNALS, former_handlers, strict=True):
                signal.signal(number, handler)
            os.close(reading_end)
            os.close(writing_end)
