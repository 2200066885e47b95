"""Commands `run` and `check`: run the service, and check whether it can start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json
from app.commands.common.process import open_parts
from app.commands.common.terminal import EX_UNAVAILABLE, EX_USAGE, OUT, print_json, stop
from app.exit_codes import EX_CONFIG
from app.stage_names import STAGES

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.assembly.startup import checks as startup_checks


def run(
    stages: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STAGES)}. Default: all.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print addresses and examples first.")] = False,
) -> None:
    """Run the service: all stages in one process, or only the named ones."""
    from app.assembly.service import Service
    from app.assembly.startup import checks as startup_checks
    from app.welcome import welcome

    if unknown := set(stages or ()) - set(STAGES):
        stop(f"There is no stage {', '.join(sorted(unknown))}. Use {', '.join(STAGES)}.", EX_USAGE)
    with open_parts() as parts:
        startup_checks.must_pass(parts, with_doors=not stages or "ingest" in stages)
        startup_checks.ports_must_be_free(parts, stages or STAGES)
        if not stages and not quiet:
            # Not through Rich: a wrapped command cannot be pasted.
            print(welcome(parts) + _administrator_line(parts), file=sys.stderr)
        sys.exit(Service(parts, stages or STAGES).run())


def _administrator_line(parts: Parts) -> str:
    """Return the one-time link of the first administrator; empty if there is one, or while the database is away."""
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
    return f"\nThe desk has no administrator yet. Open this link once, within three days:\n  {link}\n" if link else ""


def check(as_json: Json = False) -> None:
    """Check whether the service can start, and list what prevents it."""
    from app.assembly.startup import checks as startup_checks

    with open_parts() as parts:
        findings = startup_checks.check_all(parts)
    if as_json:
        print_json([{"what": finding.name, "ok": finding.ok, "says": finding.text} for finding in findings])
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
