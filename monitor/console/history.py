"""The last hour as the console's lines draw it. Pure."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from monitor.monitor_loop import Point

# An hour in so many steps: no line is drawn wider.
STEP_SECONDS = 30


class History(TypedDict):
    """When, in seconds since 1970, and what then, line by line; null where nothing could be seen."""

    at: list[int]
    lines: dict[str, list[float | None]]


def values(point: Point) -> Mapping[str, float]:
    """The newest value of each line."""
    return {
        **{f"minute {channel}": many for channel, many in point.minute.items()},
        **{f"waiting {stage}": many for stage, many in point.waiting.items()},
        **{f"age {stage}": seconds for stage, seconds in point.age.items()},
    }


def history(points: Sequence[Point]) -> History:
    """Of every half minute the highest, so that no peak is lost."""
    steps: dict[int, dict[str, float]] = {}
    for point in points:
        step = steps.setdefault(seconds(point) // STEP_SECONDS * STEP_SECONDS, {})
        for line, value in values(point).items():
            step[line] = max(value, step.get(line, 0))
    lines = sorted({line for step in steps.values() for line in step})
    return {"at": list(steps), "lines": {line: [step.get(line) for step in steps.values()] for line in lines}}


def seconds(point: Point) -> int:
    """When it was, in seconds since 1970."""
    return int(point.at.timestamp())
