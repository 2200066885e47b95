"""Geometry of the chart of a figure by month, as SVG draws it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from oversight.pages.months import Month
from oversight.pages.shown_figures import FigureValue, ShownFigure
from pages.translation.message import Message

# Size of the drawing and the space around the area of the line, in units of the drawing.
WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 32


class TrendPoint(NamedTuple):
    """A month of the chart. `y` is `None` for a month without a value."""

    month: Month
    value: FigureValue
    text: Message
    x: float
    y: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The chart. `lines` are the points of each line, as `points` of a polyline: a month without a value ends one."""

    points: Sequence[TrendPoint]
    lines: Sequence[str]
    top_label: Message
    zero_label: Message
    left: int = _LEFT
    top: int = _TOP
    base: int = HEIGHT - _BOTTOM
    right: int = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def draw_trend(values: Sequence[tuple[Month, FigureValue]], figure: ShownFigure) -> Trend:
    """Return the chart of months in order. The axis ends at the largest value that is possible, or that there is."""
    largest = max((value.value or 0 for _, value in values), default=0)
    top = figure.fixed_top or max(largest, 1)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(values) - 1, 1)
    points = [
        TrendPoint(month, value, figure.text(value), round(_LEFT + index * step, 1), _height(value, top))
        for index, (month, value) in enumerate(values)
    ]
    lines = [
        " ".join(f"{point.x},{point.y}" for point in run)
        for has_value, run in groupby(points, lambda point: point.y is not None)
        if has_value
    ]
    return Trend(points, lines, figure.text(FigureValue(top)), figure.text(FigureValue(0)))


def _height(value: FigureValue, top: float) -> float | None:
    if value.value is None:
        return None
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(value.value / top, 1), 1)
