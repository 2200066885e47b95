"""The command line in a process of its own, forked from one that has imported its parts: it starts two seconds sooner.

It is as independent as any other: it has its own environment and folder, can be killed, and ends with its own code.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
# All that takes long. The commands themselves look at their environment when they are imported.
_FORKS.set_forkserver_preload(
    [
        "pytest",
        "app.assembly.service",
        "app.simulator.demo",
        "app.simulator.replay",
        "app.operations.sms_reconciliation",
    ]
)
_PATIENCE_SECONDS = 120.0


class Program:
    """`satupintu` with these arguments. What it says goes to the files `out` and `errors`, at their ends.

    `environment` is all that a shell would have set, `folder` where it is started.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], out: Path, errors: Path, folder: Path
    ) -> None:
        self.args = ("satupintu", *arguments)
        told = (self.args, dict(environment), str(out), str(errors), str(folder))
        self._process = _FORKS.Process(target=_main, args=told, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, once it ended."""
        return self._process.exitcode

    def wait(self, seconds: float = _PATIENCE_SECONDS) -> int:
        """The exit code, when it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.args, seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """The machine loses power: no handler runs."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def run(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, as `subprocess.run` does."""
    with tempfile.TemporaryDirectory(prefix="satupintu-said-") as place:
        out, errors = Path(place) / "out", Path(place) / "errors"
        program = Program(arguments, environment, out, errors, folder)
        try:
            code = program.wait()
        finally:
            program.kill()
        found = subprocess.CompletedProcess(program.args, code, out.read_text(), errors.read_text())
    if check:
        found.check_returncode()
    return found


def _main(arguments: Sequence[str], environment: Mapping[str, str], out: str, errors: str, folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for path, number in ((out, 1), (errors, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = list(arguments)
    # Only now: what it prints is as wide as the environment says.
    from app.cli import main  # noqa: PLC0415

    main()
