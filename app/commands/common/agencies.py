"""Institutions as operators type them: a code, or a name that fits one institution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.common.terminal import EX_USAGE, plain, print_note, stop

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.assembly.parts import Parts
    from router.registry.agencies import Agency

# A longer list is cut: the operator needs a longer name.
_MAX_LISTED = 20


def agency_code(parts: Parts, typed: str, *, with_former: bool = False, unknown: str = "") -> str:
    """Return the code of the institution that is typed as a code or a name, and print a note for a name.

    Without `with_former` it has a queue. Ends the process if several fit, which are listed with their codes; and with
    the sentence `unknown` if none fits.
    """
    registry = parts.registry
    institutions = registry.institutions if with_former else registry.agencies
    if typed in institutions:
        return typed
    matches = find_by_name(parts, typed, institutions)
    if len(matches) > 1:
        stop(f"Several agencies fit {typed}. Write the code of one:\n{_listing(matches, institutions)}", EX_USAGE)
    if not matches:
        stop(unknown or f"There is no agency {typed}. `satupintu agencies` lists all with their codes.", EX_USAGE)
    print_note(f"{institutions[matches[0]].name} ({matches[0]})")
    return matches[0]


def find_by_name(parts: Parts, typed: str, institutions: Mapping[str, Agency]) -> Sequence[str]:
    """Return the codes of the institutions that a name may mean: those that the router reads in it.

    If it reads none, those whose names contain every word.
    """
    read = [code for code in parts.rules.name_resolver.resolve(typed).institutions if code in institutions]
    return read or names_with_words(typed, institutions)


def names_with_words(typed: str, institutions: Mapping[str, Agency]) -> Sequence[str]:
    """Return the codes of the institutions whose name, acronym and aliases together contain every typed word."""
    words = typed.casefold().split()
    return [code for code, agency in institutions.items() if words and _contains(agency, words)]


def _contains(agency: Agency, words: Collection[str]) -> bool:
    names = " ".join((agency.name, agency.acronym, *agency.aliases)).casefold()
    return all(word in names for word in words)


def _listing(codes: Sequence[str], institutions: Mapping[str, Agency]) -> str:
    lines = [f"  {code}  {plain(institutions[code].name)}" for code in codes[:_MAX_LISTED]]
    if hidden_count := len(codes) - _MAX_LISTED:
        lines += [f"  and {hidden_count} more"] if hidden_count > 0 else []
    return "\n".join(lines)
