"""The rating of an institution as its page shows it: the level, and for each figure what would change it. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oversight.figures.rating import FigureRating, Level, Rating
from oversight.pages.shown_figures import FIGURES_BY_SLUG, FigureValue
from pages.translation.message import Message, counted
from pages.translation.message import message as _

LEVELS: Mapping[Level, Message] = {"good": _("Baik"), "fair": _("Cukup"), "poor": _("Kurang")}
_TOO_FEW = _("Terlalu sedikit kasus untuk dinilai")
_SLUGS: Mapping[str, str] = {
    "answered_in_time": "dijawab",
    "finished_within_60_days": "selesai",
    "untouched_after_10_days": "tak-tersentuh",
    "reopened": "dibuka-lagi",
}


class RatedRow(NamedTuple):
    """A figure of the rating. `change` says what would better it; empty of a good one."""

    title: Message
    value: str
    numbers: Message | str
    level: Message
    change: Message | str
    changes_rating: bool


class ShownRating(NamedTuple):
    """The rating. With too few cases there are no rows, and `needed` says what is missing."""

    level: Message
    rows: Sequence[RatedRow]
    needed: Sequence[Message]


def shown_rating(rating: Rating) -> ShownRating:
    """Return what the page shows of a rating."""
    if rating.level is None:
        needed = [
            counted("{title}: paling sedikit {count} kasus yang dihitung", row.least, title=_title(row.key))
            for row in rating.too_few
        ]
        return ShownRating(_TOO_FEW, (), needed)
    return ShownRating(LEVELS[rating.level], [_row(figure) for figure in rating.figures], ())


def _row(rated: FigureRating) -> RatedRow:
    share = rated.share
    figure = FIGURES_BY_SLUG[_SLUGS[rated.figure.key]]
    value = FigureValue(share.share, share.numerator, share.denominator, share.censored)
    change: Message | str = ""
    if rated.next_level:
        change = counted(
            "Menjadi {level} bila hasil {count} kasus lagi baik", rated.cases, level=LEVELS[rated.next_level]
        )
    numbers = _("{part} dari {all}").filled(part=value.numerator_text, all=value.denominator_text)
    return RatedRow(figure.title, figure.text(value), numbers, LEVELS[rated.level], change, rated.changes_rating)


def _title(key: str) -> Message:
    return FIGURES_BY_SLUG[_SLUGS[key]].title
