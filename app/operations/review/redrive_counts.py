"""Numbers of a redrive, planned or done."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedriveCounts:
    """`published` are the records by topic, `left` the dead letters by the reason of `NOT_REDRIVEN`.

    `is_complete`: False if the limit of one batch was reached. What it left out is still without a decision.
    """

    published: Mapping[str, int]
    left: Mapping[str, int]
    is_complete: bool = True
