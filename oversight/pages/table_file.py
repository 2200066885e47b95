"""The file with all numbers of a page, as CSV or Parquet. Pure.

Columns and values are the same in each language of the page: a spreadsheet must not depend on who fetched the file.
"""

import io
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from starlette.responses import Response

from oversight.figures.counts import Scope
from oversight.pages.page_model import OversightPage
from oversight.pages.shown_figures import SHOWN_FIGURES, FigureValue
from pages.csv_file import BYTE_ORDER_MARK, MEDIA_TYPE, csv_lines

MEDIA_TYPES = {"csv": MEDIA_TYPE, "parquet": "application/vnd.apache.parquet"}


_WHOLE_NUMBERS = ("pembilang", "penyebut", "tersensor", "peringkat", "kasus")


class TableLine(NamedTuple):
    """A number of the page. `bagian` is the part of the page; an empty cell stands for no value.

    `saluran` is the name of a channel in the part with this name; empty for all channels together.
    """

    bagian: str
    bulan: str
    lingkup: str
    kode: str
    nama: str
    ukuran: str
    nilai: float | None
    pembilang: int | None = None
    penyebut: int | None = None
    tersensor: int | None = None
    peringkat: int | None = None
    kasus: int | None = None
    saluran: str = ""


def table_lines(page: OversightPage) -> Sequence[TableLine]:
    """Return the numbers of a page in the order of its parts."""
    return [
        *_figure_lines(page),
        *_channel_lines(page),
        *_trend_lines(page),
        *_funnel_lines(page),
        *_ranking_lines(page),
    ]


def csv_file(lines: Sequence[TableLine]) -> bytes:
    """Return the file of RFC 4180 in UTF-8, with a byte order mark."""
    return (BYTE_ORDER_MARK + csv_lines([TableLine._fields, *lines])).encode()


def has_parquet() -> bool:
    """Return whether pyarrow, which writes Parquet, is installed."""
    return find_spec("pyarrow") is not None


def parquet_file(lines: Sequence[TableLine]) -> bytes:
    """Return the file in Parquet. Raises `ImportError` without pyarrow."""
    pa, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    types = {"nilai": pa.float64(), **dict.fromkeys(_WHOLE_NUMBERS, pa.int64())}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in TableLine._fields])
    table = pa.Table.from_pylist([line._asdict() for line in lines], schema)
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def file_response(lines: Sequence[TableLine], name: str, format_name: str) -> Response:
    """Return the file for a browser, which stores it under `name`. `format_name` is a key of `MEDIA_TYPES`."""
    content = csv_file(lines) if format_name == "csv" else parquet_file(lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format_name}"'}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[format_name])


def table_line(
    part: str,
    month: object,
    scope: Scope,
    name: str,
    figure: str,
    value: FigureValue,
    rank: int | None = None,
    cases: int | None = None,
) -> TableLine:
    """Return a number of a page as a line of its file."""
    censored = value.censored if value.denominator is not None else None
    numbers = (value.value, value.numerator, value.denominator, censored)
    return TableLine(part, str(month), scope.kind, scope.value, str(name), figure, *numbers, rank, cases)


def _figure_lines(page: OversightPage) -> Iterator[TableLine]:
    view = page.view
    for row in page.rows:
        yield table_line("ukuran", view.month, view.scope, page.name, row.figure.slug, row.value)
    for row in page.rows:
        yield table_line("ukuran", view.compared_month, view.scope, page.name, row.figure.slug, row.compared_value)


def _channel_lines(page: OversightPage) -> Iterator[TableLine]:
    view = page.view
    for month, channels in ((view.month, page.channels), (view.compared_month, page.compared_channels)):
        for part in channels:
            for figure, value in zip(SHOWN_FIGURES, part.values, strict=True):
                line = table_line("saluran", month, view.scope, page.name, figure.slug, value)
                yield line._replace(saluran=part.channel)


def _trend_lines(page: OversightPage) -> Iterator[TableLine]:
    for point in page.trend.points:
        yield table_line("tren", point.month, page.view.scope, page.name, page.view.figure.slug, point.value)


def _funnel_lines(page: OversightPage) -> Iterator[TableLine]:
    for step in page.funnel:
        yield table_line(
            "corong", page.view.month, page.view.scope, page.name, str(step.name), FigureValue(step.number)
        )


def _ranking_lines(page: OversightPage) -> Iterator[TableLine]:
    for group in page.groups:
        for rank, candidate in group.rows:
            scope, name = candidate.scope, candidate.name
            slug, month = page.view.figure.slug, page.view.month
            yield table_line("peringkat", month, scope, name, slug, candidate.value, rank, candidate.cases)
