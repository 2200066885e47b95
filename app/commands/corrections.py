"""Commands that correct relations between reports: `split` and `merge`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json, tracking_number
from app.commands.common.process import open_parts_for_action
from app.commands.common.terminal import print_json, print_line, print_note

if TYPE_CHECKING:
    from datetime import datetime

    from app.operations.corrections import Corrections, NumberedCorrection

Reason = Annotated[
    str, typer.Option("--why", help="Recorded with the decision and sent to the agency. Name no citizen.")
]


def split(number: str, actor: Actor, reason: Reason, as_json: Json = False) -> None:
    """Make a report that repeats or joins another report a case of its own."""
    report = tracking_number(number)

    def publish(corrections: Corrections, now: datetime) -> NumberedCorrection:
        return corrections.split(report, actor, reason, now)

    _print_correction(_correct(publish, actor, reason), as_json=as_json)


def merge(
    head: Annotated[str, typer.Argument(metavar="A", help="Number of the report that B is merged into.")],
    number: Annotated[str, typer.Argument(metavar="B", help="Number of the report that goes where A is.")],
    actor: Actor,
    reason: Reason,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="B is of the same citizen. Without it, B is of another citizen.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Merge report B into report A. B goes to the agency that has A, and follows A to other agencies."""
    target, report = tracking_number(head), tracking_number(number)

    def publish(corrections: Corrections, now: datetime) -> NumberedCorrection:
        return corrections.merge(target, report, "repeat" if repeat else "joins", actor, reason, now)

    _print_correction(_correct(publish, actor, reason), as_json=as_json)


def _correct(
    publish: Callable[[Corrections, datetime], NumberedCorrection], actor: str, reason: str
) -> NumberedCorrection:
    from app.operations.corrections import Corrections

    with open_parts_for_action(actor, reason) as parts:
        parts.ensure_topics()
        with closing(parts.bus.producer()) as producer:
            return publish(Corrections(parts.engine, producer, parts.audit_log), parts.now())


def _print_correction(published: NumberedCorrection, *, as_json: bool) -> None:
    correction = published.correction
    if as_json:
        relation = {"kind": correction.relation.kind, "evidence": list(correction.relation.evidence)}
        ids = {"id": str(correction.id), "tracking": correction.tracking}
        print_json({**ids, **relation, "other": published.related_number})
        return
    effect = "split from" if correction.apart_from else f"{correction.relation.kind} of"
    print_line(f"{correction.tracking}: {effect} {published.related_number}")
    print_note("The decision is published. `satupintu status` shows it when the stages have processed it.")
