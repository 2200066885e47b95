"""A supervisor of toy processes, in a process of its own: each writes what happens to it into a file."""

import os
import signal
import socket
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from app.assembly.processes.liveness import Patience
from app.assembly.processes.supervisor import Supervisor
from app.threads import system_threads

_POLL_SECONDS = 0.01


def supervise_after_first(folder: Path, code_of_supervisor: Path) -> None:
    """Run a toy that lasts until it is killed before another one, and write the supervisor's exit code."""
    supervisor = Supervisor(
        {"other": partial(_toy, folder / "other", 0)}, time.monotonic, system_threads().start_background, {}
    )
    code = supervisor.run_first(partial(_wait_to_be_killed, folder / "first")) or supervisor.run()
    code_of_supervisor.write_text(str(code))


def supervise_hanging(folder: Path, ports: Mapping[str, int], patience: Patience) -> None:
    """Run a toy for each name, which answers `/live` at its port. See `_server`."""
    toys = {name: partial(_server, folder / name, port) for name, port in ports.items()}
    addresses = {name: [("127.0.0.1", port)] for name, port in ports.items()}
    Supervisor(toys, time.monotonic, system_threads().start_background, addresses, patience).run()


def supervise(folder: Path, codes: Mapping[str, int], code_of_supervisor: Path) -> None:
    """Run a toy for each name, and write the supervisor's exit code.

    The first run of a toy ends with its code; each later run, and that of a toy with code 0, lasts until SIGTERM.
    """
    toys = {name: partial(_toy, folder / name, code) for name, code in codes.items()}
    code_of_supervisor.write_text(str(Supervisor(toys, time.monotonic, system_threads().start_background, {}).run()))


def runs(folder: Path, name: str) -> list[int]:
    """Return the process ids of the runs of a toy so far."""
    file = folder / name
    return [int(line) for line in file.read_text().split() if line.isdecimal()] if file.exists() else []


def has_ended(folder: Path, name: str) -> bool:
    """Return True if a run of the toy ended in order."""
    return "ended" in (folder / name).read_text()


def is_running(process_id: int) -> bool:
    """Return True if a process has this id, and is not only waiting to be collected."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _toy(file: Path, code: int) -> int:
    is_first_run = not file.exists()
    signal.signal(signal.SIGTERM, lambda *_: _end(file))
    _append(file, f"{os.getpid()}\n")
    if code and is_first_run:
        return code
    while True:
        signal.pause()


def _server(file: Path, port: int) -> int:
    """Answer each request until the file `<name>-hangs` is there. Then neither answer nor end when told to.

    A later run removes it and answers.
    """
    hangs = file.with_name(f"{file.name}-hangs")
    if file.exists():
        hangs.unlink(missing_ok=True)
    _append(file, f"{os.getpid()}\n")
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            connection, _ = server.accept()
            if hangs.exists():
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
                signal.pause()
            with connection:
                connection.recv(1_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            _append(file.with_name(f"{file.name}-answers"), "x")


def _wait_to_be_killed(file: Path) -> int:
    _append(file, f"{os.getpid()}\n")
    while True:
        signal.pause()


def _end(file: Path) -> None:
    _append(file, "ended\n")
    raise SystemExit(0)


def _append(file: Path, text: str) -> None:
    with file.open("a") as output:
        output.write(text)
