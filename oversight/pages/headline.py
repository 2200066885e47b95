"""The sentence on top of a page: how many cases are overdue now, for how long, and where. Pure."""

from oversight.figures.counts import Scope
from oversight.pages.reading import OldestOverdue
from pages.translation.message import Message, counted, formatted_number
from pages.translation.message import message as _

_NONE = _("{place}: tidak ada laporan yang lewat tenggat.")
_NONE_IN = _("Di {place} tidak ada laporan yang lewat tenggat.")
_WITH_AGENCY = _("{sentence}, di {agency}.")
_ALONE = _("{sentence}.")


def headline(scope: Scope, place: str, overdue: OldestOverdue, agency: str) -> Message:
    """Return the sentence. `place` is the name of the scope, `agency` that of the agency with the oldest case.

    An agency is not named twice.
    """
    is_place = scope.kind in {"nation", "province"}
    if not overdue.number:
        return (_NONE_IN if is_place else _NONE).filled(place=place)
    number, values = overdue.number, {"place": place, "days": formatted_number(overdue.days)}
    if is_place:
        sentence = counted("Di {place} {count} laporan lewat tenggat, terlama {days} hari", number, **values)
    else:
        sentence = counted("{place}: {count} laporan lewat tenggat, terlama {days} hari", number, **values)
    sentence = sentence.filled(count=formatted_number(number))
    if scope.kind == "agency":
        return _ALONE.filled(sentence=sentence)
    return _WITH_AGENCY.filled(sentence=sentence, agency=agency)
