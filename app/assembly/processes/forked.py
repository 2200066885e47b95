"""A process that is forked from this one. It ends when this one is gone, whatever ended it."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from app.exit_codes import EX_TEMPFAIL
from app.threads import StartThread


class Lifeline:
    """A pipe that this process holds open. The kernel closes it when the process ends, even by `kill -9`."""

    def __init__(self) -> None:
        self._reading_end, self._writing_end = os.pipe()

    def watch(self, start_thread: StartThread) -> None:
        """End this process, which was forked, as soon as the one that forked it is gone.

        It ends like a process that was killed: the next start needs its ports and files at once.
        """
        os.close(self._writing_end)
        start_thread(self._end_with_parent, "lifeline")

    def close(self) -> None:
        """Close the pipe. Processes that watch it end."""
        os.close(self._reading_end)
        os.close(self._writing_end)

    def _end_with_parent(self) -> None:
        os.read(self._reading_end, 1)
        os._exit(EX_TEMPFAIL)


# Signals that ask for an orderly end.
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ForkedProcess:
    """A running process that was forked to run `run`, which returns its exit code. This process must have one thread.

    `ended` can be read from when the process has ended.
    """

    def __init__(self, run: Callable[[], int], lifeline: Lifeline, start_thread: StartThread) -> None:
        self.ended, writing_end = os.pipe()
        _flush_output()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.ended)
            _run_to_end(run, lifeline, start_thread)
        os.close(writing_end)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal. The process has not been waited for, so no other process has its id."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Return the exit code when the process has ended; minus the number of the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.ended)
        return os.waitstatus_to_exitcode(status)


def _run_to_end(run: Callable[[], int], lifeline: Lifeline, start_thread: StartThread) -> None:
    """Run in the forked process, and end it. Nothing of the process that forked it is continued or cleaned up here."""
    code = EX_TEMPFAIL
    try:
        # Ctrl-C reaches every process of a terminal's group. Only the first process decides what ends.
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in END_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)
        lifeline.watch(start_thread)
        code = run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else EX_TEMPFAIL
    except BaseException:  # noqa: BLE001 - the process ends here
        traceback.print_exc()
    finally:
        _flush_output()
        os._exit(code)


def _flush_output() -> None:
    """Write what is buffered. A forked process has a copy of the buffers, and would write it again."""
    sys.stdout.flush()
    sys.stderr.flush()
