"""Commands of likely duplicates: list, show, confirm and deny suggestions, and export the decisions for learning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json, time_argument, tracking_number
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import OUT, print_json, print_line, print_note, print_table

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.duplicates.suggested_pairs import SuggestedPair
    from app.operations.duplicates.tables import Outcome
    from app.operations.report_preview import ReportPreview

commands = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The tracking number of the report with a suggestion.")]
Why = Annotated[str, typer.Option("--why", help="Recorded with the decision and sent to the agency. Name no citizen.")]


@commands.command("list")
def list_pairs(
    since: Annotated[str, typer.Option("--since", help="First time of arrival of the reports.")] = "30d",
    as_json: Json = False,
) -> None:
    """List the open suggestions: reports, agencies, danger, score, evidence. Danger first, then the likeliest."""
    from app.operations.duplicates.suggested_pairs import MAX_LISTED, SuggestedPairs

    begin = time_argument(since)
    with open_parts_with_tables() as parts:
        pairs = SuggestedPairs(parts.engine).open_pairs(begin)
        counts = SuggestedPairs(parts.engine).counts(begin)
        rows = [_pair_json(parts, pair) for pair in pairs]
    if as_json:
        print_json(rows)
        return
    columns = ("number", "agency", "perhaps", "at agency", "danger", "score", "evidence")
    cells = [
        (
            *(pair.number, str(row["agency"]), pair.suggested_number, str(row["suggested_agency"])),
            *(pair.danger or "-", f"{pair.score:.2f}", ", ".join(pair.evidence)),
        )
        for row, pair in zip(rows, pairs, strict=True)
    ]
    print_table(columns, cells, uncut=("number", "perhaps", "danger", "score"))
    print_note(f"{counts.shown} suggested, {counts.confirmed} confirmed, {counts.denied} denied.")
    if len(pairs) == MAX_LISTED:
        print_note(f"These are the likeliest {MAX_LISTED}.")


@commands.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show a suggestion: both texts masked, the score, the evidence and the state."""
    from app.operations.duplicates.suggested_pairs import SuggestedPairs
    from app.operations.report_preview import ReportPreviews

    tracking = tracking_number(number)
    with open_parts_with_tables() as parts:
        pair = SuggestedPairs(parts.engine).require(tracking)
        numbers = [shown for shown in (pair.number, pair.suggested_number) if shown]
        previews = [ReportPreviews(parts.engine).preview(shown) for shown in numbers]
        row = _pair_json(parts, pair)
        names = [parts.registry.name_of(preview.agency) if preview.agency else "-" for preview in previews]
    if as_json:
        print_json({**row, "reports": [_preview_json(preview) for preview in previews]})
        return
    _print_pair(pair)
    for preview, name in zip(previews, names, strict=True):
        for line in _preview_lines(preview, name):
            OUT.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_pair(pair: SuggestedPair) -> None:
    decision = f", {pair.outcome} by {pair.actor or 'another person'}" if pair.outcome else ""
    print_line(f"{pair.number}: perhaps the same as {pair.suggested_number or pair.suggested_id}")
    print_line(f"  score {pair.score:.2f}, {pair.state}{decision}")
    print_line(f"  evidence {', '.join(pair.evidence) or '-'}")


@commands.command()
def confirm(number: Number, actor: Actor, why: Why, as_json: Json = False) -> None:
    """Confirm a suggestion: the report is merged into the case of the other one. Recorded in the audit log."""
    _decide(number, "same", actor, why, as_json=as_json)


@commands.command()
def deny(number: Number, actor: Actor, why: Why, as_json: Json = False) -> None:
    """Deny a suggestion: the two reports are kept apart for ever. Recorded in the audit log."""
    _decide(number, "different", actor, why, as_json=as_json)


@commands.command()
def export() -> None:
    """Print all decisions as labelled pairs, one JSON line each: ids, score, evidence, outcome, person and time."""
    from app.operations.duplicates.decisions import labelled_pairs

    with open_parts_with_tables() as parts:
        for pair in labelled_pairs(parts.engine):
            print_json(pair)


def _decide(number: str, outcome: Outcome, actor: str, why: str, *, as_json: bool) -> None:
    """Publish a decision. End the process with 1 if another person decided before, or if it is not possible."""
    from app.operations.corrections import Corrections
    from app.operations.duplicates.decisions import DuplicateDecisions

    tracking = tracking_number(number)
    with open_parts_for_action(actor, why) as parts:
        parts.ensure_topics()
        with closing(parts.bus.producer()) as producer:
            corrections = Corrections(parts.engine, producer, parts.audit_log)
            decisions = DuplicateDecisions(parts.engine, corrections, parts.audit_log)
            suggested_number = decisions.decide(tracking, outcome, actor, why, parts.now())
    if as_json:
        print_json({"number": tracking, "outcome": outcome, "other": suggested_number})
        return
    effect = "merged with" if outcome == "same" else "kept apart from"
    print_line(f"{tracking}: {effect} {suggested_number}")
    print_note("The decision is published. `satupintu status` shows it when the stages have processed it.")


def _pair_json(parts: Parts, pair: SuggestedPair) -> dict[str, object]:
    from messages.shapes import iso

    def name(code: str) -> str:
        return parts.registry.name_of(code) if code else ""

    return {
        "number": pair.number,
        "agency": name(pair.agency),
        "suggested_number": pair.suggested_number,
        "suggested_agency": name(pair.suggested_agency),
        "danger": pair.danger,
        "score": pair.score,
        "evidence": list(pair.evidence),
        "since": iso(pair.suggested_at),
        "state": pair.state,
        "outcome": pair.outcome,
        "actor": pair.actor,
    }


def _preview_json(preview: ReportPreview) -> dict[str, str]:
    from messages.shapes import iso

    texts = {"title": preview.title, "text": preview.text}
    return {"number": preview.number, "received_at": iso(preview.received_at), "channel": preview.channel, **texts}


def _preview_lines(preview: ReportPreview, agency_name: str) -> Iterator[str]:
    yield f"{preview.number}  {preview.received_at:%Y-%m-%d %H:%M}Z  {preview.channel}, at {agency_name}"
    yield from (f"  {line}" for line in f"{preview.title}\n{preview.text}".strip().splitlines())
