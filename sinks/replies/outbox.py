"""The outbox as its senders use it: what is due, that a delivery began, and how it ended. Several may share it.

    waiting -> sending -> sent | failed | unknown        and, without a delivery, waiting -> withheld | expired

What is `sending` is written before anything is sent, and from there nothing leads back by itself: whoever dies with a
letter in hand leaves `sending`, which becomes `unknown`, which is never sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, func, select, update
from sqlmodel import col

from config.database import insert_statement, read_transaction, write_transaction
from messages.sealing import Sealed
from messages.shapes import Channel
from sinks.replies.decision import (
    DAY,
    LEASE,
    LOST,
    Go,
    Limits,
    Past,
    Wait,
    Withhold,
    further,
    judge,
    reply_wait,
    way_wait,
)
from sinks.replies.tables import OutboxRow, RecipientRow, UnreachableRow, WayRow

# Twilio's code for a receiver who sent STOP.
OPTED_OUT = "21610"
# A way that does not rest: it rested until here.
_ALWAYS = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Due:
    """A reply that may go, with whom it is for; `contact` is sealed for `message_id`."""

    id: UUID
    message_id: UUID
    sender: str
    contact: Sealed
    secret: bool
    tracking: str
    says: str
    text: str
    made_at: datetime
    attempts: int


_DUE = (
    col(OutboxRow.id), col(RecipientRow.message_id), col(RecipientRow.sender), col(RecipientRow.contact),
    col(RecipientRow.secret), col(OutboxRow.tracking), col(OutboxRow.says), col(OutboxRow.text),
    col(OutboxRow.made_at), col(OutboxRow.attempts),
)  # fmt: skip


class _Rest(NamedTuple):
    """A way's `WayRow`."""

    not_before: datetime
    failures: int


class Outbox:
    """See the tables. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due(self, channel: Channel, now: datetime) -> Due | None:
        """The reply that waits longest; `None` while the way rests, or where nobody is known to send to."""
        resting = select(col(WayRow.channel)).where(col(WayRow.channel) == channel, col(WayRow.not_before) > now)
        query = (
            select(*_DUE)
            .join(RecipientRow, col(RecipientRow.complaint_id) == col(OutboxRow.complaint_id))
            .where(_waiting(channel), col(OutboxRow.next_at) <= now, ~resting.exists())
            .order_by(col(OutboxRow.next_at), col(OutboxRow.id))
            .limit(1)
        )
        with read_transaction(self._engine) as connection:
            row: Any = connection.execute(query).one_or_none()
        return Due(*row) if row else None

    def begin(self, due: Due, channel: Channel, address: str, limits: Limits, now: datetime) -> Go | Wait | Withhold:
        """Write down that this reply is being sent, or why it is not. Only after `Go` may it be sent.

        Another sender that had it first is a `Wait` until now: look again.
        """
        with write_transaction(self._engine) as connection:
            rest = _locked(connection, channel)
            past = _past(connection, channel, rest, due, address, limits, now)
            verdict = judge(due.made_at, now, past, limits)
            match verdict:
                case Go():
                    began = {"state": "sending", "attempts": due.attempts + 1, "started_at": now, "address": address}
                    return verdict if _change(connection, due.id, ("waiting",), **began) else Wait(now)
                case Wait():
                    _rest(connection, channel, verdict.until, rest.failures)
                case Withhold():
                    _change(connection, due.id, ("waiting",), state=verdict.state, error=verdict.reason)
        return verdict

    def withhold(self, reply_id: UUID, reason: str) -> None:
        """It is not for this way."""
        with write_transaction(self._engine) as connection:
            _change(connection, reply_id, ("waiting",), state="withheld", error=reason)

    def sent(self, reply_id: UUID, channel: Channel, provider_id: str) -> None:
        """It was taken, under this id of the provider's; the way is well."""
        with write_transaction(self._engine) as connection:
            # The way's row first, as in `begin`: two senders wait for each other, and don't deadlock.
            connection.execute(update(WayRow).where(col(WayRow.channel) == channel).values(failures=0))
            # Even what was given up for dead meanwhile: it was only slow.
            slow = ("sending", "unknown", "waiting")
            _change(connection, reply_id, slow, state="sent", provider_id=provider_id, error="")

    def unknown(self, reply_id: UUID, channel: Channel, cause: str, now: datetime) -> None:
        """Nobody can say whether it was taken. The way rests, lest every letter that waits becomes another such."""
        with write_transaction(self._engine) as connection:
            failures = _locked(connection, channel).failures + 1
            _change(connection, reply_id, ("sending",), state="unknown", error=cause)
            _rest(connection, channel, now + way_wait(failures), failures)

    def failed(self, reply_id: UUID, code: str, address: str, unreachable: str, now: datetime) -> None:
        """It will never be taken; nor, where `unreachable` says why, anything else to this address."""
        with write_transaction(self._engine) as connection:
            _change(connection, reply_id, ("sending",), state="failed", error=code)
            if unreachable:
                _remember(connection, address, unreachable, now)

    def later(self, due: Due, channel: Channel, cause: str, seconds: float | None, now: datetime) -> float:
        """It was not taken, and goes again later; returns the seconds for which the whole way rests."""
        with write_transaction(self._engine) as connection:
            failures = _locked(connection, channel).failures + 1
            pause = way_wait(failures) if seconds is None else timedelta(seconds=seconds)
            again = now + max(pause, reply_wait(due.attempts + 1))
            _change(connection, due.id, ("sending",), state="waiting", next_at=again, error=cause)
            _rest(connection, channel, now + pause, failures)
        return pause.total_seconds()

    def sweep(self, channel: Channel, oldest: timedelta, now: datetime, *, repeatable: bool) -> dict[str, int]:
        """Give up what is too old, and what a dead sender had in hand; returns how many of each."""
        with write_transaction(self._engine) as connection:
            old = (_waiting(channel), col(OutboxRow.made_at) < now - oldest)
            expired = _change_all(connection, *old, state="expired", error="too_old")
            dead = _of(channel, "sending"), col(OutboxRow.started_at) < now - LEASE
            state = "waiting" if repeatable else "unknown"
            return {"expired": expired, state: _change_all(connection, *dead, state=state, error="sender_died")}

    def withhold_all(self, channel: Channel, reason: str) -> int:
        """Nothing of this channel can be sent; returns how many waited for it."""
        with read_transaction(self._engine) as connection:
            if connection.execute(select(col(OutboxRow.id)).where(_waiting(channel)).limit(1)).first() is None:
                return 0
        with write_transaction(self._engine) as connection:
            return _change_all(connection, _waiting(channel), state="withheld", error=reason)

    def heard(self, reply_id: UUID, provider_id: str, status: str, error: str, now: datetime) -> bool:
        """Keep what the provider says of a message, if it is news. Its word also settles what was unknown.

        `error` 21610 (the receiver opted out) is remembered for the address. Returns whether it was news.
        """
        with write_transaction(self._engine) as connection:
            query = select(col(OutboxRow.status), col(OutboxRow.state), col(OutboxRow.address)).where(
                col(OutboxRow.id) == reply_id
            )
            row = connection.execute(query.with_for_update()).one_or_none()
            if row is None:
                return False
            news = further(row.status, status)
            if news:
                state = "failed" if status in LOST else "sent"
                _change(
                    connection, reply_id, (row.state,), status=status, state=state, provider_id=provider_id, error=error
                )
            if error == OPTED_OUT and row.address:
                _remember(connection, row.address, "opted_out", now)
            return news


def _of(channel: Channel, state: str) -> Any:
    return (col(OutboxRow.channel) == channel) & (col(OutboxRow.state) == state)


def _waiting(channel: Channel) -> Any:
    return _of(channel, "waiting")


def _change(connection: Connection, reply_id: UUID, states: Sequence[str], **values: object) -> bool:
    """Whether the reply was in one of these states, and is changed."""
    one = (col(OutboxRow.id) == reply_id, col(OutboxRow.state).in_(states))
    return _change_all(connection, *one, **values) > 0


def _change_all(connection: Connection, *conditions: Any, **values: object) -> int:
    statement = update(OutboxRow).where(*conditions).values(**values).returning(col(OutboxRow.id))
    return len(connection.execute(statement).all())


def _locked(connection: Connection, channel: Channel) -> _Rest:
    """How the way rests, held until the transaction ends: whoever counts against its limits counts alone."""
    fresh = {"channel": channel, "not_before": _ALWAYS, "failures": 0}
    connection.execute(insert_statement(connection, WayRow).values(fresh).on_conflict_do_nothing())
    query = select(col(WayRow.not_before), col(WayRow.failures)).where(col(WayRow.channel) == channel)
    return _Rest(*connection.execute(query.with_for_update()).one())


def _rest(connection: Connection, channel: Channel, until: datetime, failures: int) -> None:
    statement = update(WayRow).where(col(WayRow.channel) == channel)
    connection.execute(statement.values(not_before=until, failures=failures))


def _past(
    connection: Connection, channel: Channel, rest: _Rest, due: Due, address: str, limits: Limits, now: datetime
) -> Past:
    began = select(col(OutboxRow.started_at)).where(col(OutboxRow.channel) == channel)
    full = [
        connection.execute(_newest(began).offset(most - 1).limit(1)).scalar_one_or_none() for most, _ in limits.windows
    ]
    counted = (
        select(func.count())
        .select_from(OutboxRow)
        .join(RecipientRow, col(RecipientRow.complaint_id) == col(OutboxRow.complaint_id))
        .where(col(RecipientRow.sender) == due.sender, col(OutboxRow.channel) == channel)
        .where(col(OutboxRow.started_at) > now - DAY, col(OutboxRow.id) != due.id)
    )
    refused = select(col(UnreachableRow.reason), col(UnreachableRow.at)).where(col(UnreachableRow.address) == address)
    unreachable = connection.execute(refused).one_or_none()
    return Past(
        not_before=rest.not_before,
        full=full,
        to_sender=connection.execute(counted).scalar_one(),
        unreachable=(unreachable.reason, unreachable.at) if unreachable else None,
    )


def _newest(began: Select[Any]) -> Select[Any]:
    return began.where(col(OutboxRow.started_at).is_not(None)).order_by(col(OutboxRow.started_at).desc())


def _remember(connection: Connection, address: str, reason: str, now: datetime) -> None:
    row = {"address": address, "reason": reason, "at": now}
    statement = insert_statement(connection, UnreachableRow).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["address"], set_=row))
