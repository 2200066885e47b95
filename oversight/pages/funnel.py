"""The way of the reports of a month: how many arrive, are cases, are answered and are finished. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from oversight.figures.computation import Figures
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _

_WIDTH = 600


class FunnelStep(NamedTuple):
    """A step. `width` is that of its bar in units of the drawing, `share` that of the first step; `None` of nothing."""

    name: Message
    number: int
    width: float
    share: float | None

    @property
    def text(self) -> Message:
        """The number as a person reads it."""
        return formatted_number(self.number)

    @property
    def share_text(self) -> Message | None:
        """The share as a person reads it; `None` for no share."""
        return None if self.share is None else formatted_number(self.share, ".1%")


def draw_funnel(figures: Figures, finished: int) -> Sequence[FunnelStep]:
    """Return the steps. `finished` are the cases that an agency closed and that were not reopened since."""
    numbers = (
        (_("Laporan masuk"), sum(figures.received.values())),
        (_("Menjadi kasus"), figures.cases),
        (_("Sudah dijawab instansi"), figures.days_to_answer.answered),
        (_("Selesai"), finished),
    )
    largest = max(number for _name, number in numbers)
    first = numbers[0][1]
    return [
        FunnelStep(
            name, number, round(_WIDTH * number / largest, 1) if largest else 0, number / first if first else None
        )
        for name, number in numbers
    ]
