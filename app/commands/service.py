"""Running the service, and whether it could run."""

import sys
from typing import Annotated

import typer

from app.assembly import startup_checks
from app.assembly.parts import EX_CONFIG
from app.assembly.service import STAGES, Service
from app.commands.common import EX_USAGE, OUT, Json, opened, stop
from app.welcome import welcome


def run(
    stages: Annotated[list[str] | None, typer.Argument(help=f"Any of {', '.join(STAGES)}; all by default.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print addresses and examples first.")] = False,
) -> None:
    """Run the service: all stages in one process, or the ones named."""
    if unknown := set(stages or ()) - set(STAGES):
        stop(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}", EX_USAGE)
    with opened() as parts:
        # The doors keep what they accept until there is a bus; the stages alone have nothing to do without one.
        startup_checks.must_pass(parts, without_bus=not stages or "ingest" in stages)
        startup_checks.ports_must_be_free(parts, stages or STAGES)
        if not stages and not quiet:
            print(welcome(parts), file=sys.stderr)  # as it is: a wrapped command can not be pasted
        sys.exit(Service(parts, stages or STAGES).run())


def check(as_json: Json = False) -> None:
    """Say whether the service could start, and what is wrong if not."""
    with opened() as parts:
        findings = startup_checks.findings(parts)
        if as_json:
            OUT.print_json(data=[{"what": f.what, "ok": f.ok, "says": f.says} for f in findings])
        else:
            for found in findings:
                OUT.print(f"{'ok  ' if found.ok else 'FAIL'} {found.what}: {found.says}", markup=False, highlight=False)
        sys.exit(0 if all(found.ok for found in findings) else EX_CONFIG)
