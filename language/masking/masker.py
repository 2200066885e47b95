"""Finds all personal parts of a text and replaces them."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from language.masking.addresses import find_addresses
from language.masking.contacts import find_contacts
from language.masking.names import find_names
from language.masking.numbers import find_numbers
from language.masking.plates import find_plates
from language.masking.spans import Kind, PersonalSpan, without_overlaps

# Replaces a personal part where staff read. Records use it for whole fields, too.
MASK = "•••"
# Replaces a personal part where everybody reads.
LABELS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.NAME: "[nama]",
        Kind.NUMBER: "[nomor]",
        Kind.PLATE: "[nomor]",
        Kind.MAIL: "[nomor]",
        Kind.HANDLE: "[nomor]",
        Kind.ADDRESS: "[alamat]",
    }
)
# `No. 12 RT 03/RW 05` is one address.
_ADJACENT_ADDRESSES = re.compile(r"\[alamat\](?:[ ,/]{0,3}\[alamat\])+")


def find_personal(text: str) -> list[PersonalSpan]:
    """Return the personal parts of a text, in order and without overlaps.

    The number of steps is proportional to the length of the text.
    """
    contacts = [*find_contacts(text)]
    numbers = [*find_numbers(text), *find_plates(text), *find_addresses(text)]
    spans = [*contacts, *numbers]
    return [*without_overlaps([*spans, *find_names(text, frozenset(span.start for span in spans))])]


def mask_text(text: str, readable_number: str = "") -> str:
    """Return the text with each personal part replaced by `MASK`, for staff.

    `readable_number` is the tracking number of the case that they read: it stays, and that of every other is replaced.
    """
    return _replaced(text, lambda _: MASK, readable_number)


def mask_with_labels(text: str) -> str:
    """Return the text with each personal part replaced by its label: [nama], [nomor], [alamat]."""
    return _ADJACENT_ADDRESSES.sub(LABELS[Kind.ADDRESS], _replaced(text, LABELS.__getitem__))


def _replaced(text: str, mask_of: Callable[[Kind], str], readable_number: str = "") -> str:
    parts, position = [], 0
    for span in find_personal(text):
        if text[span.start : span.end].upper() == readable_number:
            continue
        parts += [text[position : span.start], mask_of(span.kind)]
        position = span.end
    return "".join([*parts, text[position:]])
