"""Filters of the list that an officer has named. They belong to the account at its agency, and nobody else sees them.

Searched words are no part of a saved filter: they may name a citizen, and nothing would remove them.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Engine, Row, Select, delete, select
from sqlmodel import col

from accounts.permissions import Actor
from config.database import insertion_or_replacement, read_transaction, write_transaction
from desk.acts.tables import DeskSavedFilter

MAX_FILTERS = 10
MAX_NAME_LENGTH = 60
SavedFilterFault: TypeAlias = Literal["name-missing", "too-many"]


class SavedFilters:
    """Keeps the filters of officers. A name that exists gets the new filter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, actor: Actor) -> Sequence[Row[Any]]:
        """Return name and parameters of the person's filters, by name."""
        query: Select[*tuple[Any, ...]] = select(col(DeskSavedFilter.name), col(DeskSavedFilter.parameters))
        with read_transaction(self._engine) as connection:
            return connection.execute(query.where(*_own(actor)).order_by(col(DeskSavedFilter.name))).all()

    def save(self, actor: Actor, name: str, parameters: str) -> SavedFilterFault | None:
        """Save a filter; return why it is not saved, if so. `parameters` are those of the list's address."""
        if not name:
            return "name-missing"
        row = {"account_id": actor.account_id, "agency": actor.agency, "name": name, "parameters": parameters}
        with write_transaction(self._engine) as connection:
            names = connection.execute(select(col(DeskSavedFilter.name)).where(*_own(actor))).scalars().all()
            if name not in names and len(names) >= MAX_FILTERS:
                return "too-many"
            connection.execute(insertion_or_replacement(connection.dialect.name, DeskSavedFilter), [row])
        return None

    def remove(self, actor: Actor, name: str) -> None:
        """Remove a filter of the person, if there is one of this name."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(DeskSavedFilter).where(*_own(actor), col(DeskSavedFilter.name) == name))


def _own(actor: Actor) -> tuple[Any, Any]:
    account_id: UUID = actor.account_id
    return col(DeskSavedFilter.account_id) == account_id, col(DeskSavedFilter.agency) == actor.agency
