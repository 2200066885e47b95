"""The figures of the generated year by DuckDB, over Parquet files with the archive's columns. See `year.sql`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from bus.port import Record
from config.reference.folder import SHIPPED_FOLDER
from messages.shapes import AgencyAnswer, Complaint, Correction, Dispatch, OversightEvent, WireModel
from sinks.archive.columns import arrow_schema, row_of

_SQL = Path(__file__).parent / "year.sql"
# Name of the view, by topic. All other topics are queues of agencies.
_VIEWS: Mapping[str, tuple[str, type[WireModel]]] = {
    "agency-answers": ("answers", AgencyAnswer),
    "complaints": ("complaints", Complaint),
    "corrections": ("corrections", Correction),
    "oversight": ("events", OversightEvent),
}


def open_year(records: Sequence[Record], folder: Path) -> duckdb.DuckDBPyConnection:
    """Write the records as Parquet, and return a database with the facts of each case."""
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        view, shape = _VIEWS.get(record.topic, ("dispatches", Dispatch))
        rows[view].append(row_of(record, shape))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.read_csv(str(SHIPPED_FOLDER / "holidays.csv")).create("holidays")
    for view, view_rows in rows.items():
        path = folder / f"{view}.parquet"
        parquet.write_table(pa.Table.from_pylist(view_rows, arrow_schema(pa)), path)
        # `at` is a word of SQL.
        connection.read_parquet(str(path)).project('* RENAME ("at" AS moment)').create_view(view)
    connection.execute(_SQL.read_text())
    return connection


def independent_figures(
    connection: duckdb.DuckDBPyConnection, today: date, month: str, agency: str, channel: str = "", **narrowed: str
) -> dict[str, Any]:
    """Return the figures with the keys of the command, of a month, agency and channel; "" stands for all.

    `narrowed` may have a programme, a topic, the beginning of a region's code, and a unit of `unit_of`.
    """
    others = dict.fromkeys(("programme", "topic", "region", "unit"), "")
    chosen = {"today": today, "month": month, "agency": agency, "channel": channel, **others, **narrowed}
    for name, value in chosen.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    (figures,) = _rows(connection, "figures")
    (no_reports,) = _rows(connection, "no_reports")
    (duplicates,) = _rows(connection, "duplicates")
    (days,) = _rows(connection, "days_to_answer")
    cases = figures["first_cases"]
    current_cases = figures["current_cases"]
    published = _share(figures["published"], current_cases, current_cases)
    return {
        "received": {row["channel"]: row["reports"] for row in _rows(connection, "received")},
        "cases": cases,
        "no_reports": no_reports["reports"],
        "duplicates_avoided": duplicates,
        "forwarded_in_time": _share(figures["forwarded"], figures["forwarded_known"], cases),
        "first_agency_right": _share(figures["first_right"], figures["first_known"], cases),
        "ping_pong": {**_share(figures["ping_pong"], cases, cases), "worst_pairs": _rows(connection, "worst_pairs")},
        "answered_in_time": _share(figures["answered_in_time"], figures["answer_known"], figures["answering_cases"]),
        "days_to_answer": {
            **days,
            "answered": figures["answered"],
            "unanswered": figures["answering_cases"] - figures["answered"],
        },
        "finished_within_60_days": {
            **_share(figures["finished"], figures["finish_known"], current_cases),
            "published": {name: published[name] for name in ("numerator", "denominator")},
            "published_share": published["share"],
        },
        **{name: figures[name] for name in ("oldest_open_days", "open", "overdue", "three_times_overdue")},
        "untouched_after_10_days": {
            **_share(figures["untouched"], figures["touch_known"], cases),
            "still_untouched": figures["still_untouched"],
        },
        "reopened": _share(figures["reopened"], figures["closed"], figures["closed"]),
        "closed_without_evidence": _share(figures["without_evidence"], figures["closed"], figures["closed"]),
        "to_ombudsman": _share(figures["handed_over"], current_cases, current_cases),
        "satisfaction": {
            "asked": _share(figures["rating_asked"], figures["closed"], figures["closed"]),
            "answered": _share(figures["rating_answered"], figures["rating_asked"], figures["rating_asked"]),
            "distribution": {str(row["rating"]): row["cases"] for row in _rows(connection, "ratings")},
            **_rows(connection, "median_rating")[0],
        },
    }


def _rows(connection: duckdb.DuckDBPyConnection, view: str) -> list[dict[str, Any]]:
    relation = connection.view(view)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _share(numerator: int, denominator: int, cases: int) -> dict[str, Any]:
    share = round(numerator / denominator, 4) if denominator else None
    return {"numerator": numerator, "denominator": denominator, "censored": cases - denominator, "share": share}
