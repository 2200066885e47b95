"""Runs the command line in a process that is forked from one with the imported modules and the loaded tables.

It starts a second sooner. It is as independent as another process: it has its own environment and folder, can be
killed, and has an exit code.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from config.settings import Settings

# Preloading is a setting of all contexts: a test that starts processes uses this one.
FORKS = multiprocessing.get_context("forkserver")
# Modules whose import takes long. The commands are not imported here: they read their environment when imported.
FORKS.set_forkserver_preload(
    [
        "pytest",
        "app.assembly.service",
        "app.simulator.demo",
        "app.simulator.replay",
        "app.operations.reconciliation.sms",
        "tests.support.preloaded",
    ]
)
_PATIENCE_SECONDS = 120.0


class Program:
    """A process of `satupintu` with these arguments. Its output is appended to the files `out` and `errors`.

    `environment` is its whole environment, `folder` its working directory.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], out: Path, errors: Path, folder: Path
    ) -> None:
        self.args = ("satupintu", *arguments)
        arguments_of_main = (self.args, dict(environment), str(out), str(errors), str(folder))
        self._process = FORKS.Process(target=_main, args=arguments_of_main, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or `None` while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float = _PATIENCE_SECONDS) -> int:
        """Return the exit code when it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.args, seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """Kill it, as a power cut would: no handler runs."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment of a shell whose commands work on the data of these settings."""
    own = {"SATUPINTU_HOME": str(settings.home), "SATUPINTU_SECRET_KEY": settings.secret_key.get_secret_value()}
    if url := settings.database_url.get_secret_value():
        own["SATUPINTU_DATABASE_URL"] = url
    return {**inherited_environment(), **own}


def set_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let commands in this process work on the data of these settings."""
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)


def inherited_environment() -> dict[str, str]:
    """Return the environment of the tests without settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    check: bool = False,
    seconds: float = _PATIENCE_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, as `subprocess.run` does. It may take so many seconds."""
    with tempfile.TemporaryDirectory(prefix="satupintu-output-") as output_folder:
        out, errors = Path(output_folder) / "out", Path(output_folder) / "errors"
        program = Program(arguments, environment, out, errors, folder)
        try:
            code = program.wait(seconds)
        finally:
            program.kill()
        completed = subprocess.CompletedProcess(program.args, code, out.read_text(), errors.read_text())
    if check:
        completed.check_returncode()
    return completed


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
    # Imported only now: the width of its output comes from the environment.
    from app.cli import main  # noqa: PLC0415

    main()
