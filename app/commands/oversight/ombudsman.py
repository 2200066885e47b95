"""The group `satupintu ombudsman`: cases whose senders agreed that the Ombudsman has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json, require_actor_and_reason, tracking_number
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_json, print_line, print_note, print_table, stop

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.ombudsman.hand_over import ExportedCase, HandOver, ListedCase

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_cases(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that did not answer, did not agree, or are exported.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the cases that wait for their file: asked after 60 days, the sender agreed. Never a person or words."""
    from app.operations.ombudsman.hand_over import list_row

    with _hand_over() as (_, hand_over):
        rows = [list_row(case) for case in (hand_over.cases() if everything else hand_over.waiting())]
    if as_json:
        print_json(rows)
        return
    columns = ("number", "agency", "consent", "asked_at", "answered_at", "exported_at")
    print_table(columns, [[row[name] or "-" for name in columns] for row in rows], uncut=("number", "consent"))


@commands.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of the files. Only its owner reads them.")],
    case: Annotated[str, typer.Option("--case", metavar="NUMBER", help="Only this case.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also cases whose file was made before.")] = False,
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with each file. Name no citizen.")] = "",
    as_json: Json = False,
) -> None:
    """Write one JSON file for each case that waits, with report, steps, clocks, and the sender's name and contact.

    Each file is a row of the audit log first. messages/schemas/ombudsman-case.v1.json has the shape.
    """
    tracking = tracking_number(case) if case else ""
    require_actor_and_reason(actor, why)
    with _hand_over() as (parts, hand_over):
        waiting = hand_over.waiting(tracking, again=again)
        if tracking and not waiting:
            stop(_reason(tracking, hand_over.cases(tracking)), 1)
        try:
            exported = [hand_over.export(item, to, actor, why, parts.now()) for item in waiting]
        except OSError as error:
            stop(f"{to} cannot be written: {error.strerror}.", 1)
    if as_json:
        print_json([{"number": item.number, "outcome": item.outcome, "file": _path(item)} for item in exported])
    else:
        _print(exported)
    if any(item.outcome != "exported" for item in exported):
        raise typer.Exit(1)


@contextmanager
def _hand_over() -> Iterator[tuple[Parts, HandOver]]:
    from app.assembly.oversight.hand_over import hand_over

    with open_parts_with_tables() as parts:
        parts.ensure_topics()
        with closing(parts.bus.producer()) as producer:
            yield parts, hand_over(parts, producer.publish)


def _reason(tracking: str, cases: Sequence[ListedCase]) -> str:
    case = next(iter(cases), None)
    if case is None:
        return f"The sender of {tracking} was not asked about the Ombudsman."
    if case.consent != "agreed":
        state = "did not answer" if case.consent == "asked" else "does not agree"
        return f"The sender of {tracking} {state}: nothing is exported."
    return f"The file of {tracking} was made on {case.exported_at:%Y-%m-%d}. Use --again to make it once more."


def _path(item: ExportedCase) -> str | None:
    return str(item.path) if item.path else None


def _print(exported: list[ExportedCase]) -> None:
    for item in exported:
        if item.path:
            print_line(str(item.path))
        elif item.outcome == "withdrawn":
            print_note(f"{item.number}: the sender does not agree any more. Nothing was written.")
        else:
            print_note(
                f"{item.number}: the contact cannot be opened. Nothing was written: see docs/operations.md on keys."
            )
    print_note(f"{sum(1 for item in exported if item.path)} files. They have names and contacts: pass them on sealed.")
