"""Publishes stored acts. The answers to one dispatch reach the bus in the order in which they were given."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Engine, bindparam, func, select, update
from sqlmodel import col

from bus.errors import cause_of
from config.database import DatabaseUnavailable, read_transaction, statement_transaction
from desk.acts.tables import DeskAct
from messages.answer_check import AnswerKeys
from messages.shapes import AgencyAnswer

# Publishes an answer and returns when the bus has it. Raises the errors of the bus.
Publish = Callable[[AgencyAnswer], None]

# Statements are built once: each act executes them.
_WAITING_ACTS = (
    select(col(DeskAct.id), col(DeskAct.answer))
    .where(col(DeskAct.dispatch_id) == bindparam("dispatch_id"), col(DeskAct.published_at).is_(None))
    .order_by(col(DeskAct.version))
)
_MARK_PUBLISHED = (
    update(DeskAct.__table__)  # type: ignore[attr-defined]
    .where(col(DeskAct.id) == bindparam("act_id"))
    .values(published_at=bindparam("published"))
)

_log = structlog.get_logger()


class ActQueue:
    """Acts whose answers the bus does not have yet. Safe to share between threads and processes.

    The router takes the answers to a dispatch in the order of the bus. It rejects one that a later act has made
    impossible, so no act may overtake an earlier one. This needs no lock. An act is published only by a caller that has
    published all earlier acts of the dispatch itself, or has read that the bus has them. Two callers at the same time
    may publish an answer twice, which has one effect; the first copy is always behind those of the earlier acts.

    An answer is signed when it is published, with the key that is valid then. Its id does not depend on the key.
    """

    def __init__(
        self,
        engine: Engine,
        keys: AnswerKeys,
        publish: Publish,
        now: Callable[[], datetime],
        retries: tuple[type[Exception], ...],
    ) -> None:
        """Create. `retries` are the errors of `publish` that an outage of the bus explains."""
        self._engine = engine
        self._keys = keys
        self._publish = publish
        self._now = now
        self._retries: tuple[type[Exception], ...] = (*retries, DatabaseUnavailable)

    def waiting_dispatches(self, stored_before: datetime) -> Sequence[UUID]:
        """Return the dispatches with a waiting act that was stored before a time. Raises `DatabaseUnavailable`."""
        query = (
            select(col(DeskAct.dispatch_id))
            .where(col(DeskAct.published_at).is_(None), col(DeskAct.at) < stored_before)
            .group_by(col(DeskAct.dispatch_id))
            .order_by(func.min(col(DeskAct.at)))
        )
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalars().all()

    def publish_dispatch(self, dispatch_id: UUID) -> str:
        """Publish the waiting acts of a dispatch in their order, up to the first failure. Never raises.

        Return "" if the bus has all of them, and otherwise the cause of the first failure.
        """
        try:
            self._publish_in_order(dispatch_id)
        except self._retries as error:
            return cause_of(error)
        except Exception as error:  # noqa: BLE001 - the act is stored; other dispatches must go on
            _log.error("acts.failed_unexpectedly", dispatch_id=str(dispatch_id), exc_info=error)
            return type(error).__name__
        return ""

    def _publish_in_order(self, dispatch_id: UUID) -> None:
        with statement_transaction(self._engine, reads_only=True) as connection:
            acts = connection.execute(_WAITING_ACTS, {"dispatch_id": dispatch_id}).all()
        for act in acts:
            self._publish(self._keys.sign(AgencyAnswer.model_validate_json(act.answer)))
            self._mark_published(act.id)

    def _mark_published(self, act_id: UUID) -> None:
        with statement_transaction(self._engine) as connection:
            connection.execute(_MARK_PUBLISHED, {"act_id": act_id, "published": self._now()})
