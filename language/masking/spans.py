"""Personal parts of a text, and the parts that stay readable."""

from collections.abc import Iterable, Iterator
from enum import StrEnum, unique
from typing import NamedTuple


@unique
class Kind(StrEnum):
    """Kind of a personal part."""

    NAME = "name"
    # Telephone, NIK, KK, account, meter, customer and card numbers.
    NUMBER = "number"
    PLATE = "plate"
    MAIL = "mail"
    HANDLE = "handle"
    # House number, block, RT and RW.
    ADDRESS = "address"


class PersonalSpan(NamedTuple):
    """A personal part: the characters from `start` to before `end`."""

    start: int
    end: int
    kind: Kind


def without_overlaps(spans: Iterable[PersonalSpan]) -> Iterator[PersonalSpan]:
    """Yield the spans in order, with overlapping ones joined. The first and longest one gives the kind."""
    current: PersonalSpan | None = None
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if current is None:
            current = span
        elif span.start < current.end:
            current = current._replace(end=max(current.end, span.end))
        else:
            yield current
            current = span
    if current is not None:
        yield current
