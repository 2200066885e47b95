"""Command that prints the fourteen figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.common.arguments import Json
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_note, stop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.assembly.parts import Parts
    from oversight.figures.computation import Figures
    from oversight.figures.counts import Period, Scope

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def figures(
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help="Month of arrival, in Jakarta. Without it: all reports.")
    ] = "",
    agency: Annotated[
        str, typer.Option("--agency", metavar="CODE", help="Figures of one institution, by code or name.")
    ] = "",
    programme: Annotated[
        str, typer.Option("--programme", metavar="ID", help="Figures of one priority programme of programmes.csv.")
    ] = "",
    by_channel: Annotated[
        bool, typer.Option("--by-channel", help="Also each figure of the reports of each channel.")
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Count the differences of the audit too. It reads all topics.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the fourteen figures of the reports that arrived in a month: docs/figures.md defines them.

    Below them stand numbers about the service itself: cases at triage, the oldest one, and differences of the audit.
    """
    from app.commands.oversight.figures_table import print_by_channel, print_figures
    from oversight.figures.figures_json import figures_json

    period = _period(month)
    with open_parts_with_tables() as parts:
        scope = _scope(parts, agency, programme)
        now = parts.now()
        shown, channels, is_outdated, triage = _read(parts, scope, period, now)
        differences = _audit_differences(parts) if audit else None
    if as_json:
        cohort = {
            "month": month or None,
            **{kind: scope.value if scope.kind == kind else None for kind in ("agency", "programme")},
            "as_of": now.isoformat(),
        }
        beside: dict[str, Any] = {
            "triage": {"open": triage.open_cases.number, "oldest_days": triage.open_cases.oldest_days},
            "audit_differences": differences,
            "needs_rebuild": is_outdated,
        }
        if by_channel:
            beside["by_channel"] = {name: figures_json(figures) for name, figures in channels.items()}
        print_json({**figures_json(shown), **cohort, **beside})
        return
    print_figures(shown, triage.open_cases, differences)
    if by_channel:
        print_by_channel(channels)
    if is_outdated:
        print_note(
            "Rows were derived with other clocks, programmes or another calendar. Run `satupintu oversight rebuild`."
        )


def _read(
    parts: Parts, scope: Scope, period: Period | None, now: datetime
) -> tuple[Figures, Mapping[str, Figures], bool, Figures]:
    """Return the figures, those of each channel, if rows are outdated, and those of triage for all reports.

    Outdated rows were derived with other tables.
    """
    from config.database import snapshot_transaction
    from messages.topics import TRIAGE
    from oversight.figures.computation import compute_figures
    from oversight.figures.counts import Scope, jakarta_day
    from oversight.read_model.case_row import tables_version
    from oversight.read_model.day_counts import needs_rebuild, read_counts

    with snapshot_transaction(parts.engine) as connection:
        counts = read_counts(connection, scope, period)
        triage_counts = read_counts(connection, Scope("agency", TRIAGE))
        is_outdated = needs_rebuild(connection, tables_version(parts.deadlines, parts.tables.programmes))
    today = jakarta_day(now)
    return (
        compute_figures(counts, today, parts.deadlines),
        {name: compute_figures(part, today, parts.deadlines) for name, part in counts.by_channel().items()},
        is_outdated,
        compute_figures(triage_counts, today, parts.deadlines),
    )


def _scope(parts: Parts, agency: str, programme: str) -> Scope:
    from app.commands.common.agencies import agency_code
    from oversight.figures.counts import NATION, Scope

    if programme:
        names = parts.tables.programmes.names()
        if agency:
            stop("Name an agency or a programme, not both: figures are counted for each alone.", EX_USAGE)
        if programme not in names:
            stop(f"{programme} is not in programmes.csv. Programmes: {', '.join(names) or 'none'}.", EX_USAGE)
        return Scope("programme", programme)
    return Scope("agency", agency_code(parts, agency, with_former=True)) if agency else NATION


def _period(month: str) -> Period | None:
    from oversight.figures.counts import month_period

    if not month:
        return None
    match = _MONTH.fullmatch(month)
    if match is None or match[1] == "0000":
        stop(f"{month} is not a month. Write it like 2026-11.", EX_USAGE)
    return month_period(int(match[1]), int(match[2]))


def _audit_differences(parts: Parts) -> int:
    from app.simulator.wait import settled_audit

    result: Any = settled_audit(parts, patience=0)
    return sum(result.counts.values())
