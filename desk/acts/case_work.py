"""Work inside an agency: notes, templates, settings, and the unit and officer of a case. It is never published."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine, Row, delete, func, select
from sqlmodel import SQLModel, col

from accounts.account_store import is_gone
from accounts.permissions import Actor, actor_label
from config.conditions import is_one_of
from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from desk.acts.answers import Record
from desk.acts.tables import DeskAgencySetting, DeskAssignment, DeskHolder, DeskNote, DeskTemplate
from desk.units.tables import DeskUnit
from desk.units.tiers import Tier

# Units of one agency that pages list.
_MAX_UNITS = 500


class CaseWork:
    """Keeps the work of officers. Every method takes the agency, and sees nothing of another one."""

    def __init__(self, engine: Engine, record: Record, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._engine = engine
        self._record = record
        self._now = now
        self._new_id = new_id

    def new_form_id(self) -> UUID:
        """Return a random id for a form. Texts that come twice with one id are stored once."""
        return self._new_id()

    def add_note(self, actor: Actor, agency: str, complaint_id: UUID, text: str, form_id: UUID | None = None) -> None:
        """Add an internal note to a complaint, once for a form and a text."""
        note_id = self._text_id(form_id, agency, str(complaint_id), text)
        if self._has(DeskNote, note_id):
            return
        at = self._now()
        self._record("desk.note", str(complaint_id), actor_label(actor), "note", at)
        note = {
            "id": note_id,
            "complaint_id": complaint_id,
            "agency": agency,
            "actor": actor.name,
            "text": text,
            "at": at,
        }
        self._insert(DeskNote, note)

    def notes(self, agency: str, complaint_id: UUID) -> Sequence[Row[Any]]:
        """Return the agency's notes about a complaint, oldest first."""
        of_case = (col(DeskNote.agency) == agency, col(DeskNote.complaint_id) == complaint_id)
        return self._rows(DeskNote, of_case, (col(DeskNote.at), col(DeskNote.id)))

    def assign_unit(self, actor: Actor, agency: str, dispatch_id: UUID, unit: str, why: str) -> None:
        """Give a case to a unit of the agency, such as a dinas."""
        self._assign(actor, agency, dispatch_id, {"unit": unit}, why)

    def assign_officer(
        self, actor: Actor, agency: str, dispatch_id: UUID, account_id: UUID, name: str, stand_in: str = ""
    ) -> None:
        """Give a case to an officer of the agency. `stand_in` is the name of who stands in for the officer now.

        Somebody who may not sign in any more gets nothing.
        """
        holder: dict[str, Any] = {"account_id": str(account_id), "name": name, "released_at": None}
        self._assign(actor, agency, dispatch_id, holder, "", account_id, stand_in)

    def assignments(self, agency: str, dispatch_id: UUID) -> Sequence[Row[Any]]:
        """Return the steps of a case inside the agency, oldest first."""
        of_case = (col(DeskAssignment.agency) == agency, col(DeskAssignment.dispatch_id) == dispatch_id)
        return self._rows(DeskAssignment, of_case, (col(DeskAssignment.at), col(DeskAssignment.id)))

    def holder(self, agency: str, dispatch_id: UUID) -> Row[Any] | None:
        """Return the unit and the officer that have a case; `None` if nobody has it."""
        of_case = (col(DeskHolder.agency) == agency, col(DeskHolder.dispatch_id) == dispatch_id)
        return next(iter(self._rows(DeskHolder, of_case, ())), None)

    def units(self, tier: Tier) -> Sequence[str]:
        """Return the names of the units that have cases of the tier, at most 500.

        Each name is one step in the index, however many cases a unit has.
        """
        unit, of_agency = col(DeskHolder.unit), col(DeskHolder.agency) == tier.agency
        if tier.units is not None:
            return self._units_with_cases(tier)
        units = select(func.min(unit).label("unit")).where(of_agency, unit > "").cte(recursive=True)
        following = select(func.min(unit)).where(of_agency, unit > units.c.unit).scalar_subquery()
        units = units.union_all(select(following).where(units.c.unit.is_not(None)))
        with read_transaction(self._engine) as connection:
            query = select(units.c.unit).where(units.c.unit.is_not(None)).order_by(units.c.unit).limit(_MAX_UNITS)
            return connection.execute(query).scalars().all()

    def _units_with_cases(self, tier: Tier) -> Sequence[str]:
        held = select(col(DeskHolder.dispatch_id)).where(
            col(DeskHolder.agency) == tier.agency, col(DeskHolder.unit_code) == col(DeskUnit.code)
        )
        is_shown = (col(DeskUnit.agency) == tier.agency, is_one_of(col(DeskUnit.code), sorted(tier.units or ())))
        query = select(col(DeskUnit.name)).where(*is_shown, held.exists()).distinct()
        with read_transaction(self._engine) as connection:
            return connection.execute(query.order_by(col(DeskUnit.name)).limit(_MAX_UNITS)).scalars().all()

    def templates(self, agency: str) -> Sequence[Row[Any]]:
        """Return the agency's templates, by title."""
        return self._rows(DeskTemplate, (col(DeskTemplate.agency) == agency,), (col(DeskTemplate.title),))

    def mails_new_cases(self, agency: str) -> bool:
        """Return True if the officers of the agency get an e-mail for each new case."""
        settings = self._rows(DeskAgencySetting, (col(DeskAgencySetting.agency) == agency,), ())
        return any(row.mails_new_cases for row in settings)

    def set_mails_new_cases(self, actor: Actor, agency: str, *, wanted: bool) -> None:
        """Switch the e-mail for each new case on or off, for all officers of the agency."""
        self._record("desk.mails_new_cases", agency, actor_label(actor), "on" if wanted else "off", self._now())
        self._set(agency, {"mails_new_cases": wanted})

    def passes_on_by_itself(self, agency: str) -> bool:
        """Return True if a new case of the agency goes to the unit that is proposed for it."""
        settings = self._rows(DeskAgencySetting, (col(DeskAgencySetting.agency) == agency,), ())
        return any(row.passes_on_by_itself for row in settings)

    def set_passes_on_by_itself(self, actor: Actor, agency: str, *, wanted: bool) -> None:
        """Let proposals of units take effect by themselves, or not."""
        self._record("desk.passes_on_by_itself", agency, actor_label(actor), "on" if wanted else "off", self._now())
        self._set(agency, {"passes_on_by_itself": wanted})

    def add_template(self, actor: Actor, agency: str, title: str, text: str, form_id: UUID | None = None) -> None:
        """Add a template, once for a form and a text."""
        template_id = self._text_id(form_id, agency, title, text)
        if self._has(DeskTemplate, template_id):
            return
        at = self._now()
        self._record("desk.template", str(template_id), actor_label(actor), "save", at)
        row = {"agency": agency, "title": title, "text": text, "actor": actor.name, "changed_at": at}
        self._insert(DeskTemplate, {"id": template_id, **row})

    def change_template(self, actor: Actor, agency: str, title: str, text: str, template_id: UUID) -> None:
        """Change one of the agency's templates."""
        at = self._now()
        self._record("desk.template", str(template_id), actor_label(actor), "save", at)
        row = {"title": title, "text": text, "actor": actor.name, "changed_at": at}
        is_own = (col(DeskTemplate.id) == template_id, col(DeskTemplate.agency) == agency)
        with write_transaction(self._engine) as connection:
            connection.execute(DeskTemplate.__table__.update().where(*is_own).values(row))  # type: ignore[attr-defined]

    def remove_template(self, actor: Actor, agency: str, template_id: UUID) -> None:
        """Remove one of the agency's templates."""
        self._record("desk.template", str(template_id), actor_label(actor), "remove", self._now())
        is_own = (col(DeskTemplate.id) == template_id, col(DeskTemplate.agency) == agency)
        with write_transaction(self._engine) as connection:
            connection.execute(delete(DeskTemplate).where(*is_own))

    def _set(self, agency: str, changed: dict[str, bool]) -> None:
        row = {"agency": agency, "mails_new_cases": False, "passes_on_by_itself": False, **changed}
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DeskAgencySetting).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["agency"], set_=changed))

    def _assign(
        self,
        actor: Actor,
        agency: str,
        dispatch_id: UUID,
        holder: dict[str, Any],
        why: str,
        account_id: UUID | None = None,
        stand_in: str = "",
    ) -> None:
        at = self._now()
        # Not the message: it may quote the sender, and the audit log stays when the sender is forgotten.
        self._record("desk.assign", str(dispatch_id), actor_label(actor), "assign", at)
        step = {
            "id": self._new_id(),
            "dispatch_id": dispatch_id,
            "agency": agency,
            "unit": holder.get("unit", ""),
            "unit_code": "",
            "is_return": False,
            "account_id": holder.get("account_id", ""),
            "name": holder.get("name", ""),
            "stand_in": stand_in,
            "actor": actor.name,
            "why": why,
            "at": at,
        }
        with write_transaction(self._engine) as connection:
            if account_id:
                # Nobody leaves in this moment: the person would keep the case.
                lock_until_commit(connection, DatabaseLock.ACCOUNTS)
                if is_gone(connection, account_id, at):
                    return
            connection.execute(insert_statement(connection, DeskAssignment).values(step))
            _set_holder(connection, agency, dispatch_id, holder)

    def _text_id(self, form_id: UUID | None, *parts: str) -> UUID:
        """Return the id of a text that a form sent.

        It depends on the text: a person may go back to a form that was sent, change the text, and send it again.
        """
        return self._new_id() if form_id is None else uuid5(form_id, "\0".join(parts))

    def _has(self, table: type[SQLModel], row_id: UUID) -> bool:
        id_column = table.__table__.c.id  # type: ignore[attr-defined]
        with read_transaction(self._engine) as connection:
            return connection.execute(select(id_column).where(id_column == row_id)).one_or_none() is not None

    def _insert(self, table: type[SQLModel], row: dict[str, Any]) -> None:
        """Insert a row. A request that came at the same time with the same id may have done it."""
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, table).values(row).on_conflict_do_nothing())

    def _rows(self, table: type[SQLModel], conditions: Sequence[Any], order: Sequence[Any]) -> Sequence[Row[Any]]:
        columns = table.__table__.columns  # type: ignore[attr-defined]
        with read_transaction(self._engine) as connection:
            return connection.execute(select(*columns).where(*conditions).order_by(*order)).all()


def _set_holder(connection: Connection, agency: str, dispatch_id: UUID, holder: dict[str, Any]) -> None:
    empty = {"unit": "", "unit_code": "", "unit_from": "", "returns": 0, "account_id": "", "name": ""}
    row = {"dispatch_id": dispatch_id, "agency": agency, **empty, **holder}
    statement = insert_statement(connection, DeskHolder).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["dispatch_id"], set_=holder))
