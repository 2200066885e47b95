"""Figures of the last hour for the console's charts. No I/O."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from monitor.monitor_loop import HistoryPoint

# One hour has 120 steps; a chart is not wider.
STEP_SECONDS = 30


class History(TypedDict):
    """Times in seconds since 1970, and the values of each line at these times; null if there was no value."""

    at: list[int]
    lines: dict[str, list[float | None]]


def line_values(point: HistoryPoint) -> Mapping[str, float]:
    """Return the values of a history point by the name of the chart line."""
    return {
        **{f"minute {channel}": count for channel, count in point.minute.items()},
        **{f"waiting {stage}": count for stage, count in point.waiting.items()},
        **{f"age {stage}": seconds for stage, seconds in point.age.items()},
    }


def chart_history(points: Sequence[HistoryPoint]) -> History:
    """Return the highest value of each line in every half minute, so that no peak is lost."""
    steps: dict[int, dict[str, float]] = {}
    for point in points:
        step = steps.setdefault(epoch_seconds(point) // STEP_SECONDS * STEP_SECONDS, {})
        for line, value in line_values(point).items():
            step[line] = max(value, step.get(line, 0))
    lines = sorted({line for step in steps.values() for line in step})
    return {"at": list(steps), "lines": {line: [step.get(line) for step in steps.values()] for line in lines}}


def epoch_seconds(point: HistoryPoint) -> int:
    """Return the time of the point in seconds since 1970."""
    return int(point.at.timestamp())
