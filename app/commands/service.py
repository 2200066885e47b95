"""Commands `run` and `check`: run the service, and check whether it can start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json
from app.commands.common.failures import stop_if_explained
from app.commands.common.process import open_parts
from app.commands.common.terminal import EX_UNAVAILABLE, EX_USAGE, OUT, print_json, stop
from app.exit_codes import EX_CONFIG
from app.stage_names import STAGES

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from app.assembly.parts import Parts
    from app.assembly.processes.plan import PlannedProcess
    from app.assembly.startup import checks as startup_checks

# File in the data folder with the one-time link of the first administrator, where no terminal shows it.
ADMINISTRATOR_LINK_FILE = "first-administrator-link"
# The same for the officer of a training room.
_OFFICER_LINK_FILE = "training-officer-link"
_ONLY_OWNER = 0o600


def run(
    stages: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STAGES)}. Default: all.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print addresses and examples first.")] = False,
    threads: Annotated[bool, typer.Option("--threads", help="Run all stages in one process.")] = False,
    training: Annotated[
        str,
        typer.Option(
            "--training",
            metavar="AGENCY",
            help="Run a training room of a city or regency: invented reports, data of its own, nothing is sent out.",
        ),
    ] = "",
) -> None:
    """Run the service: all stages in several processes, or the named ones in one."""
    if unknown := set(stages or ()) - set(STAGES):
        stop(f"There is no stage {', '.join(sorted(unknown))}. Use {', '.join(STAGES)}.", EX_USAGE)
    if training and stages:
        stop("A training room runs all stages: name none.", EX_USAGE)
    with _opened_room(training) if training else open_parts() as parts:
        if not stages:
            with _locked_folder(parts):
                sys.exit(_run_process(parts, STAGES, quiet=quiet) if threads else _run_processes(parts, quiet=quiet))
        sys.exit(_run_process(parts, stages, quiet=True))


@contextmanager
def _opened_room(agency: str) -> Iterator[Parts]:
    """Open the parts of the training room of an institution. Raises `Stop` if it can have none."""
    from app.training.reports import region_of
    from app.training.room import open_room, room_settings

    with open_parts(room_settings) as parts:
        region_of(parts, agency)
        open_room(parts.settings.home, agency)
        yield parts


def _locked_folder(parts: Parts) -> AbstractContextManager[None]:
    from app.assembly.processes.folder_lock import folder_lock
    from config.private_files import secure_folder

    secure_folder(parts.settings.home)
    return folder_lock(parts.settings.home)


def _run_process(parts: Parts, stages: Sequence[str], *, quiet: bool) -> int:
    """Run these stages in this process until stopped. Return the exit code.

    What only the start needs (all tables, migrations) is loaded in a process of its own, which ends before the stages
    begin.
    """
    from app.assembly.processes.supervisor import Supervisor
    from app.assembly.startup.loading import load

    load(parts, stages)
    supervisor = Supervisor({}, parts.clock.monotonic, parts.threads.start_background, {})
    code = supervisor.run_first(partial(_explained, lambda: _prepare_start(parts, stages, quiet=quiet)))
    if code or supervisor.is_ending:
        return code
    return _run_stages(parts, stages)


def _run_processes(parts: Parts, *, quiet: bool) -> int:
    """Run all stages in processes of their own until stopped. Return the exit code.

    This process opens neither the database nor the bus: it only forks. The tables are loaded before, so that the
    processes share their memory.
    """
    from app.assembly.processes.address_file import ADDRESS_FILE, remove_addresses, write_addresses
    from app.assembly.processes.plan import plan_processes
    from app.assembly.processes.supervisor import Supervisor
    from app.assembly.startup.loading import load
    from app.garbage_collection import exempt_loaded_objects

    load(parts, STAGES)
    planned = plan_processes(parts.settings)
    functions = {process.name: partial(_run_planned, parts, process) for process in planned}
    addresses_of_processes = {process.name: process.live_addresses for process in planned}
    start_thread = parts.threads.start_background
    supervisor = Supervisor(functions, parts.clock.monotonic, start_thread, addresses_of_processes)
    exempt_loaded_objects()
    if code := supervisor.run_first(partial(_explained, lambda: _prepare_start(parts, STAGES, quiet=quiet))):
        return code
    addresses = parts.settings.home / ADDRESS_FILE
    write_addresses(addresses, planned[0].settings.peers, parts.settings.desk_reached_at)
    try:
        return supervisor.run()
    finally:
        remove_addresses(addresses)


def _run_planned(parts: Parts, process: PlannedProcess) -> int:
    """Run one of several processes. Return its exit code."""
    from config import logs

    settings = process.settings
    logs.configure(settings.log_level, settings.log_format, process.name)
    return _explained(lambda: _run_stages(parts.of_process(settings), process.stages, process.ops_socket))


def _run_stages(parts: Parts, stages: Sequence[str], ops_socket: socket.socket | None = None) -> int:
    from app.assembly.service import Service
    from app.garbage_collection import exempt_loaded_objects
    from app.training.room import read_room

    service = Service(parts, stages, ops_socket)
    exempt_loaded_objects()
    if "ingest" in stages and read_room(parts.settings.home):
        from app.training.reports import send_reports

        parts.threads.start_background(partial(send_reports, parts), "training")
    try:
        return service.run()
    finally:
        parts.close()


def _explained(run: Callable[[], int | None]) -> int:
    """Run a function of a forked process. Return its exit code; an error that a person can fix ends with a sentence."""
    try:
        return run() or 0
    except Exception as error:
        stop_if_explained(error)
        raise


def _prepare_start(parts: Parts, stages: Sequence[str], *, quiet: bool) -> None:
    """Check whether a service with these stages can start, and print addresses and examples. Raises `Stop`."""
    from app.assembly.migrate import migrate
    from app.assembly.startup import checks as startup_checks
    from app.welcome import welcome
    from bus.errors import Stop
    from config.database import DatabaseUnavailable

    startup_checks.must_pass(parts, with_doors="ingest" in stages)
    startup_checks.ports_must_be_free(parts, stages)
    startup_checks.warn_of_younger_bus(parts)
    startup_checks.warn_of_unknown_settings()
    if "ingest" not in stages:
        # Doors are not kept waiting by a long migration: it runs beside them.
        with suppress(DatabaseUnavailable, Stop):
            migrate(parts.engine)
    if not quiet:
        # Not through Rich: a wrapped command cannot be pasted.
        print(welcome(parts) + administrator_line(parts) + _training_line(parts), file=sys.stderr)


def administrator_line(parts: Parts) -> str:
    """Return a sentence with the one-time link of the first administrator, or with the file that has it.

    Only a terminal shows the link: the output of a service ends in a log, which more people read. The sentence is empty
    if there is an administrator, or while the database is away.
    """
    from app.assembly.desk.accounts import first_administrator_link
    from app.assembly.migrate import migrate
    from bus.errors import Retry, Stop
    from config.database import DatabaseUnavailable

    try:
        migrate(parts.engine)
        with suppress(Retry, Stop):
            # The audit log publishes its head.
            parts.ensure_topics()
        link = first_administrator_link(parts)
    except DatabaseUnavailable:
        return ""
    return _one_time_link("The desk has no administrator yet.", link, parts.settings.home / ADMINISTRATOR_LINK_FILE)


def _one_time_link(sentence: str, link: str, path: Path) -> str:
    """Return the sentence with the link, or with the file that has it. Empty, and no file, without a link."""
    path.unlink(missing_ok=True)
    if not link:
        return ""
    if sys.stderr.isatty():
        return f"\n{sentence} Open this link once, within three days:\n  {link}\n"
    path.touch(_ONLY_OWNER, exist_ok=False)
    path.write_text(link + "\n")
    return f"\n{sentence} Open the link in {path} once, within three days.\n"


def _training_line(parts: Parts) -> str:
    """Return a sentence with the link of the first officer of a training room; empty for a real service."""
    from app.training.officer import first_officer_link
    from app.training.room import read_room

    room = read_room(parts.settings.home)
    if not room:
        return ""
    sentence = f"This is a training room of {room.agency}: nothing in it is real."
    return _one_time_link(sentence, first_officer_link(parts, room.agency), parts.settings.home / _OFFICER_LINK_FILE)


def check(as_json: Json = False) -> None:
    """Check whether the service can start, and list what prevents it."""
    from app.assembly.startup import checks as startup_checks

    with open_parts() as parts:
        findings = list(startup_checks.check_all(parts))
    if as_json:
        print_json([{"name": finding.name, "ok": finding.ok, "text": finding.text} for finding in findings])
    else:
        for finding in findings:
            line = f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.text}"
            OUT.print(line, markup=False, highlight=False)
    sys.exit(_exit_code(findings))


def _exit_code(findings: Sequence[startup_checks.Finding]) -> int:
    """Return 78 if a person must correct something, 69 if the service could start and wait, 0 if nothing is wrong."""
    if any(not (finding.ok or finding.is_away) for finding in findings):
        return EX_CONFIG
    return 0 if all(finding.ok for finding in findings) else EX_UNAVAILABLE
