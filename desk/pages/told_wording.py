"""Words for who was told of deadlines. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from config.reference.escalation import EscalatedClock, Hearer, Moment
from desk.escalation.told_persons import ToldMoment
from pages.translation.message import Message, joined
from pages.translation.message import message as _

_CLOCKS: Mapping[EscalatedClock, Message] = {
    "verify": _("Tenggat verifikasi"),
    "first_answer": _("Tenggat jawaban"),
    "resolve": _("Tenggat penyelesaian"),
    "recommendation": _("Tenggat menjawab rekomendasi"),
    "unit": _("Tenggat unit"),
}
_MOMENTS: Mapping[Moment, Message] = {
    "passed_on": _("Laporan diteruskan ke unit."),
    "near": _("{clock} tinggal satu hari kerja."),
    "passed": _("{clock} lewat."),
    "twice": _("{clock} lewat dua kali."),
    "three_times": _("{clock} lewat tiga kali."),
}
_HEARERS: Mapping[Hearer, Message] = {
    "officer": _("petugas"),
    "unit_head": _("pimpinan unit"),
    "coordinator": _("koordinator"),
    "head": _("pimpinan instansi"),
    "overseer": _("pengawas"),
}
_NAMED = _("{name} ({kind})")
_CLOCK_TEXTS: Mapping[str, Message] = {str(key): text for key, text in _CLOCKS.items()}
_MOMENT_TEXTS: Mapping[str, Message] = {str(key): text for key, text in _MOMENTS.items()}
_ORDER = tuple(_HEARERS)


class ShownMoment(NamedTuple):
    """A moment in words, and the persons who were told of it then."""

    sentence: Message
    told_at: datetime
    persons: Message


def shown_moments(moments: Sequence[ToldMoment]) -> Sequence[ShownMoment]:
    """Return what a page shows."""
    return [ShownMoment(_sentence(item), item.told_at, _persons(item.persons)) for item in moments]


def _sentence(item: ToldMoment) -> Message:
    return _MOMENT_TEXTS[item.moment].filled(clock=_CLOCK_TEXTS[item.clock])


def _persons(persons: Sequence[tuple[str, str]]) -> Message:
    """Return the persons in the order upwards. One without a name is named by the kind alone."""
    texts = (
        _NAMED.filled(name=name, kind=_HEARERS[who]) if name else _HEARERS[who]
        for who in _ORDER
        for kind, name in persons
        if kind == who
    )
    return joined(texts, ", ")
