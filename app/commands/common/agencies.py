"""Institutions as operators type them: a code, or a name that fits one institution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.commands.common.terminal import EX_USAGE, plain, print_note, stop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.assembly.parts import Parts
    from router.registry.agencies import Agency

# A longer list is cut: the operator needs a longer name.
_MAX_LISTED = 20
# Words and marks between the names of two institutions. After a comma stands the place of one.
_CONJUNCTION = re.compile(r"\b(?:dan|atau|serta|and|or)\b|[&/+;]", re.IGNORECASE)


def agency_code(parts: Parts, typed: str, *, with_former: bool = False, unknown: str = "") -> str:
    """Return the code of the institution that is typed as a code or a name, and print a note for a name.

    The case of letters does not matter. Without `with_former` the institution has a queue. Ends the process if several
    fit, which are listed with their codes; and with the sentence `unknown` if none fits.
    """
    registry = parts.registry
    institutions = registry.institutions if with_former else registry.agencies
    if (code := typed.strip().lower()) in institutions:
        return code
    matches = find_by_name(parts, typed, institutions)
    if len(matches) > 1:
        stop(f"Several agencies fit {typed}. Write the code of one:\n{_listing(matches, institutions)}", EX_USAGE)
    if not matches:
        stop(unknown or f"There is no agency {typed}. `satupintu agencies` lists all with their codes.", EX_USAGE)
    print_note(f"{institutions[matches[0]].name} ({matches[0]})")
    return matches[0]


def find_by_name(parts: Parts, typed: str, institutions: Mapping[str, Agency]) -> Sequence[str]:
    """Return the codes of the institutions that a text may mean: those that the router reads in each name of it.

    If it reads none, those whose names contain every word.
    """
    resolver = parts.tables.rules.name_resolver
    codes = dict.fromkeys(code for name in _names(parts, typed) for code in resolver.resolve(name).institutions)
    return [code for code in codes if code in institutions] or names_with_words(typed, institutions)


def _names(parts: Parts, typed: str) -> Iterator[str]:
    """Yield the text, its parts between conjunctions, and the names of institutions in it.

    The name of a government counts only if all names are such names: after another name it is the place of that one
    (`PLN Kota Semarang`).
    """
    yield typed
    yield from _joined_parts(parts, typed)
    matches = list(parts.registry.name_index.find_phrases(typed))
    governments = [match.words for match in matches if _is_government_name(match.meaning, match.words)]
    own_names = [match.words for match in matches if match.words not in governments]
    yield from own_names or (governments if len(governments) > 1 else ())


def _joined_parts(parts: Parts, typed: str) -> Iterator[str]:
    """Yield the parts of a text between its conjunctions. Only one before or after an institution's name separates.

    The others are inside a longer name (`Dinas Pekerjaan Umum dan Penataan Ruang`).
    """
    matches = list(parts.registry.name_index.find_phrases(typed))
    begins, ends = {match.start for match in matches}, {match.start + len(match.words) for match in matches}
    part_begin = 0
    for conjunction in _CONJUNCTION.finditer(typed):
        end = len(typed[: conjunction.start()].rstrip())
        begin = len(typed) - len(typed[conjunction.end() :].lstrip())
        if end in ends or begin in begins:
            yield typed[part_begin:end]
            part_begin = begin
    if part_begin:
        yield typed[part_begin:]


def names_with_words(typed: str, institutions: Mapping[str, Agency]) -> Sequence[str]:
    """Return the codes of the institutions whose name, acronym and aliases together contain every typed word."""
    words = typed.casefold().split()
    return [code for code, agency in institutions.items() if words and _contains(agency, words)]


def _is_government_name(agency: Agency, words: str) -> bool:
    """Return True if a government is named by its place; `Bank Jatim` names one otherwise."""
    from router.registry.agencies import is_government_phrase

    return agency.is_regional and is_government_phrase(words)


def _contains(agency: Agency, words: Collection[str]) -> bool:
    names = " ".join((agency.name, agency.acronym, *agency.aliases)).casefold()
    return all(word in names for word in words)


def _listing(codes: Sequence[str], institutions: Mapping[str, Agency]) -> str:
    lines = [f"  {code}  {plain(institutions[code].name)}" for code in codes[:_MAX_LISTED]]
    if len(codes) > _MAX_LISTED:
        lines.append(f"  and {len(codes) - _MAX_LISTED} more")
    return "\n".join(lines)
