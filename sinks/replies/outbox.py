"""Outbox of replies: the next due reply, the start of its delivery and the outcome. Several senders may share it.

    waiting -> sending -> sent | failed | unknown        and, without a delivery, waiting -> withheld | expired

    waiting -> held -> waiting: its contact is sealed with a key that no sender had, until one has it

`sending` is written before anything is sent. A process that dies during a delivery leaves the reply in `sending`. The
sweep turns it into `unknown`, and an unknown reply is never sent again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Engine, Select, String, bindparam, func, select, union, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import UtcDateTime, has_row, insert_statement, read_transaction, write_transaction
from messages.sealing import Sealed
from messages.shapes import Channel
from sinks.replies.decision import (
    DAY,
    SENDING_TIMEOUT,
    UNDELIVERED_STATUSES,
    DeliveryHistory,
    ReplyLimits,
    SendNow,
    WaitUntil,
    Withhold,
    decide_delivery,
    is_later_status,
    provider_backoff,
    reply_backoff,
)
from sinks.replies.tables import OutboxRow, ProviderPauseRow, RecipientRow, UnreachableRow

# Twilio's error code for a receiver who sent STOP.
OPTED_OUT = "21610"
# A reply of these is never sent again, and nothing is left to learn about it.
_FINAL_STATES = frozenset({"sent", "failed", "withheld", "expired"})
# Pause of a provider that was never paused: it ended long ago.
_NO_PAUSE = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class DueReply:
    """Reply that may be sent, with its recipient. `contact` is sealed for `message_id`.

    `kind` is that of the `Reply`: `received`, `dispatched` or `answered`. `mail_text` is its text for an e-mail.
    """

    id: UUID
    message_id: UUID
    sender: str
    contact: Sealed
    secret: bool
    tracking: str
    kind: str
    text: str
    mail_text: str
    made_at: datetime
    attempts: int


_DUE_COLUMNS = (
    col(OutboxRow.id), col(RecipientRow.message_id), col(RecipientRow.sender), col(RecipientRow.contact),
    col(RecipientRow.secret), col(OutboxRow.tracking), col(OutboxRow.kind), col(OutboxRow.text),
    col(OutboxRow.mail_text), col(OutboxRow.made_at), col(OutboxRow.attempts),
)  # fmt: skip


def _in_state(channel: Channel | BindParameter[str], state: str) -> Any:
    return (col(OutboxRow.channel) == channel) & (col(OutboxRow.state) == state)


def _waiting(channel: Channel | BindParameter[str]) -> Any:
    return _in_state(channel, "waiting")


_CHANNEL, _NOW = bindparam("channel", type_=String), bindparam("now", type_=UtcDateTime)
_PAUSED = select(col(ProviderPauseRow.channel)).where(
    col(ProviderPauseRow.channel) == _CHANNEL, col(ProviderPauseRow.not_before) > _NOW
)
# Each sender asks these two every second: they are built once.
_NEXT_DUE = (
    select(*_DUE_COLUMNS)
    .join(RecipientRow, col(RecipientRow.complaint_id) == col(OutboxRow.complaint_id))
    .where(_waiting(_CHANNEL), col(OutboxRow.next_at) <= _NOW, ~_PAUSED.exists())
    .order_by(col(OutboxRow.next_at), col(OutboxRow.id))
    .limit(1)
)
_ANY_WAITING = select(col(OutboxRow.id)).where(_waiting(_CHANNEL))


class _ProviderPause(NamedTuple):
    """Content of a `ProviderPauseRow`."""

    until: datetime
    failures: int


class ReplyOutbox:
    """Reads and writes the reply tables. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def next_due(self, channel: Channel, now: datetime) -> DueReply | None:
        """Return the reply that has waited longest; `None` while the provider is paused or no recipient is stored."""
        with read_transaction(self._engine) as connection:
            row: Any = connection.execute(_NEXT_DUE, {"channel": channel, "now": now}).one_or_none()
        return DueReply(*row) if row else None

    def start_sending(
        self, reply: DueReply, channel: Channel, address: str, limits: ReplyLimits, now: datetime
    ) -> SendNow | WaitUntil | Withhold:
        """Record that the reply is being sent, or the reason why it is not. Send it only after `SendNow`.

        Returns `WaitUntil(now)` if another sender took the reply first; ask for the next due reply then.
        """
        with write_transaction(self._engine) as connection:
            pause = _locked_pause(connection, channel)
            history = _delivery_history(connection, channel, pause, reply, address, limits, now)
            decision = decide_delivery(reply.made_at, now, history, limits)
            match decision:
                case SendNow():
                    delivery = {
                        "state": "sending",
                        "attempts": reply.attempts + 1,
                        "started_at": now,
                        "address": address,
                    }
                    taken = _update_reply(connection, reply.id, ("waiting",), **delivery)
                    return decision if taken else WaitUntil(now)
                case WaitUntil():
                    _pause_provider(connection, channel, decision.time, pause.failures)
                case Withhold():
                    _update_reply(connection, reply.id, ("waiting",), state=decision.state, error=decision.reason)
        return decision

    def withhold(self, reply_id: UUID, reason: str) -> None:
        """Record that this channel's provider cannot carry the reply."""
        with write_transaction(self._engine) as connection:
            _update_reply(connection, reply_id, ("waiting",), state="withheld", error=reason)

    def hold(self, reply_id: UUID, key_id: str) -> None:
        """Keep the reply, whose contact is sealed with the key of this id, until a sender has that key."""
        with write_transaction(self._engine) as connection:
            _update_reply(connection, reply_id, ("waiting",), state="held", error=key_id)

    def release_held(self, channel: Channel, key_ids: Collection[str], now: datetime) -> int:
        """Let the held replies wait again whose contacts these keys open. Returns their number."""
        held = (_in_state(channel, "held"), is_one_of(col(OutboxRow.error), key_ids))
        with read_transaction(self._engine) as connection:
            if not has_row(connection, select(col(OutboxRow.id)).where(*held)):
                return 0
        with write_transaction(self._engine) as connection:
            return _update_replies(connection, *held, state="waiting", error="", next_at=now)

    def mark_sent(self, reply_id: UUID, channel: Channel, provider_id: str) -> None:
        """Record the provider's id of a reply that it accepted, and reset the provider's failures."""
        with write_transaction(self._engine) as connection:
            # The provider's row first, as in `start_sending`: two senders wait for each other and do not deadlock.
            connection.execute(
                update(ProviderPauseRow).where(col(ProviderPauseRow.channel) == channel).values(failures=0)
            )
            # Includes replies that the sweep took for abandoned meanwhile: their sender was only slow.
            expected_states = ("sending", "unknown", "waiting")
            _update_reply(connection, reply_id, expected_states, state="sent", provider_id=provider_id, error="")

    def mark_unknown(self, reply_id: UUID, channel: Channel, cause: str, now: datetime) -> None:
        """Record that the outcome is unknown. The provider rests, or every waiting reply would become unknown too."""
        with write_transaction(self._engine) as connection:
            failures = _locked_pause(connection, channel).failures + 1
            _update_reply(connection, reply_id, ("sending",), state="unknown", error=cause)
            _pause_provider(connection, channel, now + provider_backoff(failures), failures)

    def mark_failed(self, reply_id: UUID, code: str, address: str, unreachable: str, now: datetime) -> None:
        """Record that the provider will never take the reply.

        With a reason in `unreachable`, no other reply goes to this address either.
        """
        with write_transaction(self._engine) as connection:
            _update_reply(connection, reply_id, ("sending",), state="failed", error=code)
            if unreachable:
                _store_unreachable(connection, address, unreachable, now)

    def postpone(self, reply: DueReply, channel: Channel, cause: str, seconds: float | None, now: datetime) -> float:
        """Record that the provider did not take the reply now. Returns the seconds for which the provider rests."""
        with write_transaction(self._engine) as connection:
            failures = _locked_pause(connection, channel).failures + 1
            pause = provider_backoff(failures) if seconds is None else timedelta(seconds=seconds)
            next_attempt = now + max(pause, reply_backoff(reply.attempts + 1))
            _update_reply(connection, reply.id, ("sending",), state="waiting", next_at=next_attempt, error=cause)
            _pause_provider(connection, channel, now + pause, failures)
        return pause.total_seconds()

    def sweep(self, channel: Channel, max_age: timedelta, now: datetime, *, repeatable: bool) -> dict[str, int]:
        """Expire old replies and settle those of dead senders. Returns the number of replies by their new state.

        A dead sender's reply becomes `waiting` where the provider shows a repeated reply once (`repeatable`), else
        `unknown`.
        """
        with write_transaction(self._engine) as connection:
            old = (_waiting(channel), col(OutboxRow.made_at) < now - max_age)
            expired = _update_replies(connection, *old, state="expired", error="too_old")
            abandoned = _in_state(channel, "sending"), col(OutboxRow.started_at) < now - SENDING_TIMEOUT
            state = "waiting" if repeatable else "unknown"
            return {
                "expired": expired,
                state: _update_replies(connection, *abandoned, state=state, error="sender_died"),
            }

    def withhold_all(self, channel: Channel, reason: str) -> int:
        """Withhold every waiting reply of a channel that has no provider. Returns their number."""
        with read_transaction(self._engine) as connection:
            if not has_row(connection, _ANY_WAITING, {"channel": channel}):
                return 0
        with write_transaction(self._engine) as connection:
            return _update_replies(connection, _waiting(channel), state="withheld", error=reason)

    def record_status(self, reply_id: UUID, provider_id: str, status: str, error: str, now: datetime) -> bool:
        """Store the provider's status of a reply if it is later than the stored one. It also settles `unknown`.

        Error 21610 (the receiver opted out) is stored for the address. Returns True if the status was stored.
        """
        query = select(col(OutboxRow.status), col(OutboxRow.state), col(OutboxRow.address)).where(
            col(OutboxRow.id) == reply_id
        )
        with write_transaction(self._engine) as connection:
            row = connection.execute(query.with_for_update()).one_or_none()
            if row is None:
                return False
            is_later = is_later_status(row.status, status)
            if is_later:
                state = "failed" if status in UNDELIVERED_STATUSES else "sent"
                delivery = {"status": status, "state": state, "provider_id": provider_id, "error": error}
                _update_reply(connection, reply_id, (row.state,), **delivery)
            if error == OPTED_OUT and row.address:
                _store_unreachable(connection, row.address, "opted_out", now)
            return is_later


def _update_reply(connection: Connection, reply_id: UUID, expected_states: Sequence[str], **values: object) -> bool:
    """Change the reply if it is in one of the expected states. Returns True if it was."""
    condition = (col(OutboxRow.id) == reply_id, is_one_of(col(OutboxRow.state), expected_states))
    return _update_replies(connection, *condition, **values) > 0


def _update_replies(connection: Connection, *conditions: Any, **values: object) -> int:
    """Change replies, and return their number. A final one needs the text of its e-mail no more."""
    if values.get("state") in _FINAL_STATES:
        values["mail_text"] = ""
    statement = update(OutboxRow).where(*conditions).values(**values).returning(col(OutboxRow.id))
    return len(connection.execute(statement).all())


def _locked_pause(connection: Connection, channel: Channel) -> _ProviderPause:
    """Return the provider's pause and lock its row until the transaction ends: one sender at a time checks limits."""
    new_row = {"channel": channel, "not_before": _NO_PAUSE, "failures": 0}
    connection.execute(insert_statement(connection, ProviderPauseRow).values(new_row).on_conflict_do_nothing())
    query = select(col(ProviderPauseRow.not_before), col(ProviderPauseRow.failures)).where(
        col(ProviderPauseRow.channel) == channel
    )
    return _ProviderPause(*connection.execute(query.with_for_update()).one())


def _pause_provider(connection: Connection, channel: Channel, until: datetime, failures: int) -> None:
    statement = update(ProviderPauseRow).where(col(ProviderPauseRow.channel) == channel)
    connection.execute(statement.values(not_before=until, failures=failures))


def _delivery_history(
    connection: Connection,
    channel: Channel,
    pause: _ProviderPause,
    reply: DueReply,
    address: str,
    limits: ReplyLimits,
    now: datetime,
) -> DeliveryHistory:
    newest_first = started_newest_first(channel)
    window_starts = [
        connection.execute(newest_first.offset(count - 1).limit(1)).scalar_one_or_none() for count, _ in limits.windows
    ]
    sent_to_sender = count_recent(channel, reply.id, reply.sender, address, now - DAY)
    refusal = select(col(UnreachableRow.reason), col(UnreachableRow.at)).where(col(UnreachableRow.address) == address)
    unreachable = connection.execute(refusal).one_or_none()
    return DeliveryHistory(
        paused_until=pause.until,
        window_starts=window_starts,
        sent_to_sender=connection.execute(sent_to_sender).scalar_one(),
        unreachable=(unreachable.reason, unreachable.at) if unreachable else None,
    )


def _store_unreachable(connection: Connection, address: str, reason: str, now: datetime) -> None:
    row = {"address": address, "reason": reason, "at": now}
    statement = insert_statement(connection, UnreachableRow).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["address"], set_=row))


def count_recent(channel: Channel, reply_id: UUID, sender: str, address: str, since: datetime) -> Select[int]:
    """Return the query of the number of other replies that went to a sender or an address since a time."""
    is_counted = (
        col(OutboxRow.channel) == channel,
        col(OutboxRow.started_at) > since,
        col(OutboxRow.id) != reply_id,
    )
    to_sender = (
        select(col(OutboxRow.id))
        .join(RecipientRow, col(RecipientRow.complaint_id) == col(OutboxRow.complaint_id))
        .where(col(RecipientRow.sender) == sender, *is_counted)
    )
    to_address = select(col(OutboxRow.id)).where(col(OutboxRow.address) == address, *is_counted)
    return select(func.count()).select_from(union(to_sender, to_address).subquery())


def started_newest_first(channel: Channel) -> Select[Any]:
    """Return the query of the times at which deliveries of a channel began, the latest first."""
    started_at = col(OutboxRow.started_at)
    of_channel = select(started_at).where(col(OutboxRow.channel) == channel)
    return of_channel.where(started_at.is_not(None)).order_by(started_at.desc())
