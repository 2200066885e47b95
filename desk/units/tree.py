"""The tree of an institution's units, and what is wrong with one. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

MAX_UNITS = 5_000
MAX_NAME_LENGTH = 200
MAX_DECREE_LENGTH = 200
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,39}")

# What is wrong with a unit, or with a file of units. `code` and `line` of `UnitFault` say where.
UnitFaultReason: TypeAlias = Literal[
    "code-invalid",
    "code-taken",
    "name-invalid",
    "decree-invalid",
    "parent-unknown",
    "cycle",
    "days-reversed",
    "too-many",
    "unknown-unit",
    "has-units",
    "has-open-cases",
    "has-requests",
    "has-officers",
    "has-keys",
    "file-encoding",
    "file-columns",
    "file-unreadable",
    "file-empty",
    "file-too-large",
]


class UnitFault(Exception):
    """The units cannot be so. Nothing was changed.

    `code` is that of the unit, or the value that is wrong. `line` is the line of the file; 0 without one.
    """

    def __init__(self, reason: UnitFaultReason, code: str = "", line: int = 0) -> None:
        super().__init__(reason)
        self.reason: UnitFaultReason = reason
        self.code = code
        self.line = line


class UnknownUnit(LookupError):
    """The agency has no unit with this code."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: see `DeskUnit`."""

    code: str
    name: str
    parent: str = ""
    decree: str = ""
    decree_date: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Return True if the unit gets cases on this day."""
        has_begun = self.valid_from is None or self.valid_from <= day
        return has_begun and (self.valid_until is None or day <= self.valid_until)


def read_code(typed: str) -> str:
    """Return the code of a unit in capital letters; empty if the text can be none."""
    code = typed.strip().upper()
    return code if _CODE.fullmatch(code) else ""


class UnitTree:
    """Units of one institution, without a fault (`check_tree`)."""

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        self.units: Mapping[str, Unit] = {unit.code: unit for unit in units}
        children: defaultdict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            children[unit.parent].append(unit)
        self._children = {
            code: sorted(group, key=lambda unit: (unit.name.casefold(), unit.code)) for code, group in children.items()
        }

    def below(self, code: str) -> frozenset[str]:
        """Return the codes of a unit and of all units below it; none for an unknown unit."""
        if code not in self.units:
            return frozenset()
        return frozenset((code, *(unit.code for _, unit in self._walk(code, 0))))

    def children(self, code: str) -> Sequence[Unit]:
        """Return the units directly below a unit, by name; with an empty code those below the institution."""
        return self._children.get(code, ())

    def above(self, code: str) -> Sequence[str]:
        """Return the codes of the units above a unit, the nearest first."""
        codes: list[str] = []
        unit = self.units.get(code)
        while unit and unit.parent:
            codes.append(unit.parent)
            unit = self.units.get(unit.parent)
        return codes

    def path(self, code: str) -> str:
        """Return the names from the highest unit to this one, as one text."""
        codes = [*reversed(self.above(code)), code]
        return " / ".join(self.units[item].name for item in codes if item in self.units)

    def in_order(self) -> Sequence[tuple[int, Unit]]:
        """Return all units, each behind the one above it, with the number of units above it."""
        return list(self._walk("", 0))

    def _walk(self, code: str, depth: int) -> Iterator[tuple[int, Unit]]:
        # Without recursion: a tree may be as deep as it has units.
        waiting = [(depth, unit) for unit in reversed(self.children(code))]
        while waiting:
            level, unit = waiting.pop()
            yield level, unit
            waiting += [(level + 1, child) for child in reversed(self.children(unit.code))]


def check_unit(unit: Unit, line: int = 0) -> None:
    """Raise `UnitFault` if the values of a unit cannot be used."""
    if not unit.code or read_code(unit.code) != unit.code:
        raise UnitFault("code-invalid", unit.code, line)
    if not 0 < len(unit.name) <= MAX_NAME_LENGTH or not unit.name.isprintable():
        raise UnitFault("name-invalid", unit.code, line)
    if len(unit.decree) > MAX_DECREE_LENGTH or not unit.decree.isprintable():
        raise UnitFault("decree-invalid", unit.code, line)
    if unit.valid_from and unit.valid_until and unit.valid_until < unit.valid_from:
        raise UnitFault("days-reversed", unit.code, line)


def check_tree(units: Mapping[str, Unit], lines: Mapping[str, int] | None = None) -> None:
    """Raise `UnitFault` if a unit above another one is unknown, or units are above each other."""
    lines = lines or {}
    if len(units) > MAX_UNITS:
        raise UnitFault("too-many")
    sound: set[str] = set()
    for unit in units.values():
        path: list[str] = []
        code = unit.code
        while code and code not in sound:
            if code in path:
                raise UnitFault("cycle", code, lines.get(code, 0))
            path.append(code)
            parent = units[code].parent
            if parent and parent not in units:
                raise UnitFault("parent-unknown", parent, lines.get(code, 0))
            code = parent
        sound.update(path)
