"""The units of institutions: read and changed. Each change is in the audit log before its effect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlmodel import col

from accounts.tables import AccountRow, InvitationRow
from config.database import (
    DatabaseLock,
    has_row,
    insertion_or_replacement,
    lock_until_commit,
    read_transaction,
    write_transaction,
)
from desk.acts.answers import Record
from desk.acts.tables import DeskHolder
from desk.api.tables import DeskKey
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskContribution, DeskUnit
from desk.units.tiers import Tier, asked_cases, read_tree
from desk.units.tree import Unit, UnitFault, UnitTree, check_tree, check_unit
from desk.units.unit_file import read_unit_file
from desk.webhooks.tables import WebhookRow


class ImportedUnits(NamedTuple):
    """Result of an import: units that are new, units that changed, and all units of the file."""

    added: int
    changed: int
    units: int


class Units:
    """The units of all agencies. `by` is the actor as the audit log names them.

    Methods may raise `UnitFault`, after which nothing is changed, and `DatabaseUnavailable`.
    """

    def __init__(self, engine: Engine, record: Record, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._record = record
        self._now = now

    def tree(self, agency: str) -> UnitTree:
        """Return the units of an agency."""
        with read_transaction(self._engine) as connection:
            return read_tree(connection, agency)

    def add(self, agency: str, unit: Unit, by: str, why: str) -> None:
        """Add a unit."""
        self._change(agency, unit, "desk.unit_add", by, why, is_new=True)

    def change(self, agency: str, unit: Unit, by: str, why: str) -> None:
        """Change name, place in the tree, decree and days of a unit. Its code stays."""
        self._change(agency, unit, "desk.unit_change", by, why, is_new=False)

    def put(self, agency: str, unit: Unit, by: str, why: str) -> bool:
        """Add a unit or change it; return True if it is new."""
        is_new = unit.code not in self.tree(agency).units
        (self.add if is_new else self.change)(agency, unit, by, why)
        return is_new

    def import_file(self, agency: str, content: bytes, by: str, why: str) -> ImportedUnits:
        """Add and change the units of a CSV file, all or none. Units that the file does not name stay as they are."""
        file = read_unit_file(content)
        earlier = self.tree(agency).units
        changed = _with_file(earlier, file.units)
        check_tree({**earlier, **changed}, file.lines)
        result = ImportedUnits(
            len(changed.keys() - earlier.keys()), len(changed.keys() & earlier.keys()), len(file.units)
        )
        if not changed:
            return result
        at = self._now()
        self._record("desk.units_import", f"{agency} {len(changed)} units", by, why, at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            # The tree may have changed since.
            present = read_tree(connection, agency).units
            changed = _with_file(present, file.units)
            check_tree({**present, **changed}, file.lines)
            for unit in changed.values():
                _store(connection, agency, unit, present, at)
        return result

    def remove(self, agency: str, code: str, by: str, why: str) -> None:
        """Remove a unit that has no unit below it, no open case, no open request, no officer and no key.

        Its closed cases and what it wrote go to the unit above.
        """
        at = self._now()
        with read_transaction(self._engine) as connection:
            _check_removable(connection, agency, code, at)
        self._record("desk.unit_remove", f"{agency} {code}", by, why, at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            unit, above = _check_removable(connection, agency, code, at)
            is_held = (col(DeskHolder.agency) == agency, col(DeskHolder.unit_code) == unit.code)
            moved = {"unit_code": above.code, "unit": above.name} if above else {"unit_code": "", "unit": ""}
            connection.execute(update(DeskHolder).where(*is_held).values(moved))
            is_asked = (col(DeskContribution.agency) == agency, col(DeskContribution.unit_code) == unit.code)
            above_code = {"unit_code": above.code if above else ""}
            # Requests that ended with their case are open by their row.
            ended = col(DeskContribution.ended_at)
            connection.execute(update(DeskContribution).where(*is_asked, ended.is_(None)).values(ended_at=at))
            connection.execute(update(DeskContribution).where(*is_asked).values(above_code))
            connection.execute(delete(DeskUnit).where(col(DeskUnit.agency) == agency, col(DeskUnit.code) == code))

    def _change(self, agency: str, unit: Unit, action: str, by: str, why: str, *, is_new: bool) -> None:
        check_unit(unit)
        _check_change(self.tree(agency).units, unit, is_new=is_new)
        at = self._now()
        self._record(action, f"{agency} {unit.code}", by, why, at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            present = read_tree(connection, agency).units
            _check_change(present, unit, is_new=is_new)
            _store(connection, agency, unit, present, at)


def _with_file(units: Mapping[str, Unit], file: Sequence[Unit]) -> Mapping[str, Unit]:
    """Return the units of a file that are new or differ. Decree and days of a unit stay: the file has none."""
    merged = [replace(units.get(unit.code, unit), name=unit.name, parent=unit.parent) for unit in file]
    return {unit.code: unit for unit in merged if units.get(unit.code) != unit}


def _check_change(units: Mapping[str, Unit], unit: Unit, *, is_new: bool) -> None:
    if is_new and unit.code in units:
        raise UnitFault("code-taken", unit.code)
    if not is_new and unit.code not in units:
        raise UnitFault("unknown-unit", unit.code)
    check_tree({**units, unit.code: unit})


def _store(connection: Connection, agency: str, unit: Unit, earlier: Mapping[str, Unit], at: datetime) -> None:
    row = {"agency": agency, "changed_at": at, **asdict(unit)}
    connection.execute(insertion_or_replacement(connection.dialect.name, DeskUnit), [row])
    if unit.code in earlier and earlier[unit.code].name != unit.name:
        is_held = (col(DeskHolder.agency) == agency, col(DeskHolder.unit_code) == unit.code)
        connection.execute(update(DeskHolder).where(*is_held).values(unit=unit.name))


def _check_removable(connection: Connection, agency: str, code: str, now: datetime) -> tuple[Unit, Unit | None]:
    """Return a unit that may be removed, and the one above it. Raises `UnitFault`."""
    tree = read_tree(connection, agency)
    unit = tree.units.get(code)
    if unit is None:
        raise UnitFault("unknown-unit", code)
    if tree.children(code):
        raise UnitFault("has-units", code)
    open_cases = (
        select(col(DeskHolder.dispatch_id))
        .join(DeskCase, col(DeskCase.dispatch_id) == col(DeskHolder.dispatch_id))
        .where(col(DeskHolder.agency) == agency, col(DeskHolder.unit_code) == code)
        .where(col(DeskCase.is_current), col(DeskCase.tab) != "done")
    )
    if has_row(connection, open_cases):
        raise UnitFault("has-open-cases", code)
    if has_row(connection, asked_cases(Tier(agency, frozenset({code})))):
        raise UnitFault("has-requests", code)
    officers = select(col(AccountRow.id)).where(
        col(AccountRow.agency) == agency, col(AccountRow.unit) == code, col(AccountRow.revoked_at).is_(None)
    )
    invited = select(col(InvitationRow.id)).where(
        col(InvitationRow.agency) == agency,
        col(InvitationRow.unit) == code,
        col(InvitationRow.used_at).is_(None),
        col(InvitationRow.withdrawn_at).is_(None),
        col(InvitationRow.expires_at) > now,
    )
    if has_row(connection, officers) or has_row(connection, invited):
        raise UnitFault("has-officers", code)
    keys = select(col(DeskKey.id)).where(
        col(DeskKey.agency) == agency, col(DeskKey.unit) == code, col(DeskKey.revoked_at).is_(None)
    )
    webhooks = select(col(WebhookRow.id)).where(col(WebhookRow.agency) == agency, col(WebhookRow.unit) == code)
    if has_row(connection, keys) or has_row(connection, webhooks):
        raise UnitFault("has-keys", code)
    return unit, tree.units.get(unit.parent)


def open_cases_by_unit(connection: Connection, agency: str) -> Mapping[str, int]:
    """Return the number of open cases of each unit of an agency that has some."""
    query = (
        select(col(DeskHolder.unit_code), func.count())
        .join(DeskCase, col(DeskCase.dispatch_id) == col(DeskHolder.dispatch_id))
        .where(col(DeskHolder.agency) == agency, col(DeskHolder.unit_code) != "")
        .where(col(DeskCase.is_current), col(DeskCase.tab) != "done")
        .group_by(col(DeskHolder.unit_code))
    )
    return {row[0]: row[1] for row in connection.execute(query)}
