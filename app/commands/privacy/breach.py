"""Command that lists whose and which data a component could have shown, for the notice within three times 24 hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.commands.common.arguments import Json, time_argument
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_line, print_note, stop


class ComponentName(StrEnum):
    """Components that may be open to somebody; see `app.operations.breach.components`."""

    DOOR_HOST = "door-host"
    DATABASE = "database"
    BUS = "bus"
    DESK_ACCOUNT = "desk-account"
    WEBHOOK = "webhook"
    BACKUP = "backup"


def breach_report(
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="First moment of the breach, or 7d.")],
    component: Annotated[ComponentName, typer.Option("--component", help="What somebody could have read.")],
    agency: Annotated[str, typer.Option("--agency", help="Only of this agency, for desk-account and webhook.")] = "",
    as_json: Json = False,
) -> None:
    """List whose and which data a component could have shown, and how to reach them (Law 27/2022, article 46).

    It prints numbers of reports and no words. What a desk account has revealed is in `satupintu reveals`.
    """
    from app.operations.breach.affected import affected_reports
    from app.operations.breach.components import is_readable, shown_classes
    from messages.shapes import iso

    if agency and component not in {ComponentName.DESK_ACCOUNT, ComponentName.WEBHOOK}:
        stop("--agency counts for desk-account and webhook only.", EX_USAGE)
    first = time_argument(since)
    with open_parts_with_tables() as parts:
        classes = [
            {
                "class": row.name, "data": row.data_en, "form": row.form,
                "readable": is_readable(component.value, row), "items": list(row.items),
            }
            for row in shown_classes(component.value, parts.tables.retention)
        ]  # fmt: skip
        reports = list(affected_reports(parts.engine, component.value, first, agency))
    counts: dict[str, Any] = {
        "reports": len(reports),
        # A sender who is not proven counts once for each report.
        "persons": len({report.person or report.number for report in reports}),
        "anonymous_or_confidential": sum(report.anonim or report.rahasia for report in reports),
        "by_channel": dict(sorted(Counter(report.channel for report in reports).items())),
        "by_reach": dict(sorted(Counter(report.reach for report in reports).items())),
    }
    if as_json:
        shown = [asdict(report) | {"received_at": iso(report.received_at)} for report in reports]
        print_json(
            {"component": component.value, "since": iso(first), "data": classes, "counts": counts, "reports": shown}
        )
        return
    _print_text(classes, counts)
    for report in reports:
        print_line(f"{report.number} {report.channel} {report.reach}")


def _print_text(classes: list[dict[str, Any]], counts: dict[str, Any]) -> None:
    for entry in classes:
        readable = "readable" if entry["readable"] else "only with a key from elsewhere"
        print_note(f"{entry['class']} ({entry['form']}, {readable}): {entry['data']}.")
    print_note(f"{counts['reports']} reports of {counts['persons']} persons.")
    print_note(f"Anonymous or confidential: {counts['anonymous_or_confidential']}.")
    for name in ("by_channel", "by_reach"):
        if counts[name]:
            print_note(f"{name}: " + ", ".join(f"{key} {count}" for key, count in counts[name].items()))
