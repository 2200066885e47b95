"""The figures that a page shows, with their Indonesian names. `oversight.figures.definitions` says what each one is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from oversight.figures.computation import RATED, Figures, Share
from oversight.figures.counts import Measure
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _

NOTHING = Message("-")
_DAYS = _("{days} hari")

Unit: TypeAlias = Literal["count", "share", "days", "rating"]
Better: TypeAlias = Literal["high", "low", ""]


class FigureValue(NamedTuple):
    """Value of a figure; `None` if there is none. A share has the numbers that it is made of."""

    value: float | None
    numerator: int | None = None
    denominator: int | None = None
    censored: int = 0

    @property
    def numerator_text(self) -> Message:
        """The numerator as a person reads it."""
        return formatted_number(self.numerator or 0)

    @property
    def denominator_text(self) -> Message:
        """The denominator as a person reads it."""
        return formatted_number(self.denominator or 0)

    @property
    def censored_text(self) -> Message:
        """The number of censored cases as a person reads it."""
        return formatted_number(self.censored)


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure. `slug` is its name in addresses, `measures` are what it is computed from.

    `better`: the values that are better; empty for a figure that no ranking judges.
    """

    slug: str
    title: Message
    unit: Unit
    better: Better
    measures: Sequence[Measure]
    read: Callable[[Figures], FigureValue]

    @property
    def needs_days(self) -> bool:
        """Whether the figure needs each bucket as it is: the days to the first answer."""
        return "answered_after" in self.measures

    @property
    def fixed_top(self) -> float | None:
        """The largest value that there can be; `None` where it depends on the cases."""
        tops: Mapping[Unit, float] = {"share": 1.0, "rating": float(max(RATED))}
        return tops.get(self.unit)

    def text(self, value: FigureValue) -> Message:
        """Return a value as a person reads it."""
        if value.value is None:
            return NOTHING
        if self.unit == "share":
            return formatted_number(value.value, ".1%")
        number = formatted_number(int(value.value))
        return _DAYS.filled(days=number) if self.unit == "days" else number


def _share(share: Share) -> FigureValue:
    return FigureValue(share.share, share.numerator, share.denominator, share.censored)


def _days(number: int | None, figures: Figures) -> FigureValue:
    days = figures.days_to_answer
    return FigureValue(number, days.answered, days.answered + days.unanswered)


def _median_rating(figures: Figures) -> FigureValue:
    satisfaction = figures.satisfaction
    return FigureValue(satisfaction.median, satisfaction.rated, satisfaction.asked.denominator)


def _share_of_rating(rating: int) -> Callable[[Figures], FigureValue]:
    def read(figures: Figures) -> FigureValue:
        satisfaction = figures.satisfaction
        return _share(Share(satisfaction.distribution[rating], satisfaction.rated))

    return read


def _duplicates(figures: Figures) -> FigureValue:
    return FigureValue(figures.duplicates_avoided.certain + figures.duplicates_avoided.confirmed)


_FORWARD: Sequence[Measure] = ("forward_met", "forward_missed", "forward_open", "forward_dropped")
_ANSWER: Sequence[Measure] = ("answer_met", "answer_missed", "answer_open", "answer_dropped")
_TOUCH: Sequence[Measure] = ("touch_met", "touch_missed", "touch_open", "touch_dropped")
_FINISH: Sequence[Measure] = ("finish_met", "finish_missed", "finish_open", "finish_dropped")
_RATED: Sequence[Measure] = tuple(RATED.values())
_TIME: Sequence[Measure] = ("answered_after", "unanswered_since", "unanswered_until")

SHOWN_FIGURES: Sequence[ShownFigure] = (
    ShownFigure(
        "masuk", _("Laporan masuk"), "count", "", ("received",), lambda it: FigureValue(sum(it.received.values()))
    ),
    ShownFigure("kasus", _("Kasus"), "count", "", ("case",), lambda it: FigureValue(it.cases)),
    ShownFigure(
        "bukan-laporan", _("Bukan laporan"), "count", "", ("no_report",), lambda it: FigureValue(it.no_reports)
    ),
    ShownFigure(
        "ganda", _("Laporan ganda yang digabungkan"), "count", "", ("duplicate_certain", "duplicate_confirmed"),
        _duplicates,
    ),
    ShownFigure(
        "diteruskan", _("Diteruskan tepat waktu"), "share", "high", _FORWARD,
        lambda it: _share(it.forwarded_in_time),
    ),
    ShownFigure(
        "instansi-tepat", _("Instansi pertama sudah tepat"), "share", "high",
        ("first_right", "first_wrong", "first_undecided"), lambda it: _share(it.shares["first_agency_right"]),
    ),
    ShownFigure(
        "dilempar", _("Ditolak dua instansi atau lebih"), "share", "low", ("ping_pong", "case"),
        lambda it: _share(it.shares["ping_pong"]),
    ),
    ShownFigure(
        "dijawab", _("Jawaban pertama tepat waktu"), "share", "high", _ANSWER, lambda it: _share(it.answered_in_time)
    ),
    ShownFigure(
        "hari-jawab", _("Hari sampai jawaban pertama, median"), "days", "low", _TIME,
        lambda it: _days(it.days_to_answer.survival.median, it),
    ),
    ShownFigure(
        "hari-jawab-90", _("Hari sampai 9 dari 10 kasus dijawab"), "days", "low", _TIME,
        lambda it: _days(it.days_to_answer.survival.p90, it),
    ),
    ShownFigure(
        "selesai", _("Selesai dalam 60 hari"), "share", "high", _FINISH, lambda it: _share(it.finished.within_60_days)
    ),
    ShownFigure(
        "selesai-terbit", _("Selesai atau diproses, cara yang biasa diterbitkan"), "share", "",
        ("published_as_finished", *_FINISH), lambda it: _share(it.finished.published),
    ),
    ShownFigure(
        "terbuka", _("Kasus yang masih terbuka"), "count", "", ("finish_open",),
        lambda it: FigureValue(it.open_cases.number),
    ),
    ShownFigure(
        "tertua", _("Umur kasus terbuka yang tertua"), "days", "low", ("finish_open",),
        lambda it: FigureValue(it.open_cases.oldest_days),
    ),
    ShownFigure(
        "terlambat", _("Lewat tenggat"), "count", "low", ("open_due",), lambda it: FigureValue(it.open_cases.overdue)
    ),
    ShownFigure(
        "terlambat-tiga", _("Lewat tiga kali tenggat"), "count", "low", ("open_three_times_due",),
        lambda it: FigureValue(it.open_cases.three_times_overdue),
    ),
    ShownFigure(
        "tak-tersentuh", _("Belum disentuh setelah 10 hari kerja"), "share", "low", _TOUCH,
        lambda it: _share(it.untouched_after_10_days.share),
    ),
    ShownFigure(
        "dibuka-lagi", _("Dibuka lagi setelah ditutup"), "share", "low", ("reopened", "closed"),
        lambda it: _share(it.shares["reopened"]),
    ),
    ShownFigure(
        "tanpa-foto", _("Ditutup tanpa foto atau dokumen pekerjaan"), "share", "low",
        ("closed_without_evidence", "closed"),
        lambda it: _share(it.shares["closed_without_evidence"]),
    ),
    ShownFigure(
        "ombudsman", _("Diserahkan ke Ombudsman"), "share", "", ("to_ombudsman", *_FINISH),
        lambda it: _share(it.shares["to_ombudsman"]),
    ),
    ShownFigure(
        "ditanya-nilai", _("Pelapor ditanya nilainya setelah kasus ditutup"), "share", "", ("rating_asked", "closed"),
        lambda it: _share(it.satisfaction.asked),
    ),
    ShownFigure(
        "memberi-nilai", _("Pelapor yang ditanya memberi nilai"), "share", "", ("rating_answered", "rating_asked"),
        lambda it: _share(it.satisfaction.answered),
    ),
    ShownFigure(
        "nilai", _("Nilai dari pelapor, median (1 buruk, 5 sangat baik)"), "rating", "high", (*_RATED, "closed"),
        _median_rating,
    ),
    ShownFigure("nilai-5", _("Nilai 5, sangat baik"), "share", "", _RATED, _share_of_rating(5)),
    ShownFigure("nilai-4", _("Nilai 4, baik"), "share", "", _RATED, _share_of_rating(4)),
    ShownFigure("nilai-3", _("Nilai 3, cukup"), "share", "", _RATED, _share_of_rating(3)),
    ShownFigure("nilai-2", _("Nilai 2, kurang"), "share", "", _RATED, _share_of_rating(2)),
    ShownFigure("nilai-1", _("Nilai 1, buruk"), "share", "", _RATED, _share_of_rating(1)),
)  # fmt: skip
FIGURES_BY_SLUG: Mapping[str, ShownFigure] = {figure.slug: figure for figure in SHOWN_FIGURES}
DEFAULT_FIGURE = FIGURES_BY_SLUG["dijawab"]
