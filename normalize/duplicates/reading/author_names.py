"""Names that senders give themselves: `Saya Sukirno, warga …`, `Nama: Mulyati`. Pure.

The name of the person whom a text is about stands behind other words (`atas nama …`).
"""

import re
from collections.abc import Iterable

from normalize.entities import Entity, EntityKind

_INTRODUCTION = re.compile(
    r"(?<!atas )(?:\bnama(?: saya| sy| lengkap| pelapor)?|\b(?:saya|sy|aku|kami|pelapor|perkenalkan))"
    r"[\s:;,.=-]{0,4}(?:(?:pak|bpk|bapak|ibu|bu|sdr|sdri)\b[\s.]{0,2})?\Z",
    re.IGNORECASE,
)
# Characters before a name that may hold the introduction.
_REACH = 32


def find_author_names(text: str, entities: Iterable[Entity]) -> set[str]:
    """Return the values of the names behind an introduction."""
    return {
        entity.value
        for entity in entities
        if entity.kind is EntityKind.NAME and _INTRODUCTION.search(text[max(0, entity.start - _REACH) : entity.start])
    }
