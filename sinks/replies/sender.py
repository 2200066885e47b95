"""Sender of one channel's replies, run in a thread: each delivery is recorded before it starts and is sent once."""

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bus.errors import Stop
from config.database import DatabaseUnavailable
from messages.sealing import ForgottenKeyError, Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Contact
from sinks.replies.decision import ReplyLimits, SendNow, Withhold
from sinks.replies.outbox import DueReply, ReplyOutbox
from sinks.replies.providers.provider import (
    OutcomeUnknown,
    OutgoingReply,
    PermanentFailure,
    ReplyProvider,
    ReplyWithheld,
    RetryLater,
)

_PAUSE_SECONDS = 1.0
_SWEEP_INTERVAL = timedelta(minutes=1)
# One reply that meets a bug is given up. This many in a row mean that every other reply would meet it too.
_MAX_UNEXPECTED_ERRORS_IN_A_ROW = 10

_log = structlog.get_logger()


class ReplySender:
    """Sends the replies of one channel. Without a `provider` they are withheld.

    `key` is secret: addresses are stored as a hash under it, never in clear. `pause` is the wait in seconds while
    nothing is due, and after the database was away.
    """

    def __init__(
        self,
        channel: Channel,
        provider: ReplyProvider | None,
        limits: ReplyLimits,
        outbox: ReplyOutbox,
        sealer: Sealer,
        key: bytes,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._channel = channel
        self._provider = provider
        self._limits = limits
        self._outbox = outbox
        self._sealer = sealer
        self._key = key
        self._now = now
        self._stopping = stopping
        self._pause = pause
        self._swept_at: datetime | None = None
        self._unexpected_errors = 0

    def run(self) -> None:
        """Send until stopped. Raises `Stop` after too many unexpected errors in a row."""
        while not self._stopping.is_set():
            try:
                had_reply = self.step()
            except DatabaseUnavailable as error:
                self._log_database_away(error)
                had_reply = False
            if not had_reply:
                self._stopping.wait(self._pause)

    def step(self) -> bool:
        """Process one reply; return False if none is due. Raises `DatabaseUnavailable` and what `run` raises."""
        if self._provider is None:
            if withheld := self._outbox.withhold_all(self._channel, "no_way"):
                _log.info("reply.withheld", channel=self._channel, reason="no_way", replies=withheld)
            return False
        now = self._now()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_INTERVAL:
            self._sweep(self._provider, now)
        reply = self._outbox.next_due(self._channel, now)
        if reply is None:
            return False
        self._process(self._provider, reply)
        return True

    def _sweep(self, provider: ReplyProvider, now: datetime) -> None:
        if released := self._outbox.release_held(self._channel, self._sealer.key_ids, now):
            _log.info("reply.released", channel=self._channel, replies=released)
        counts = self._outbox.sweep(self._channel, self._limits.max_age, now, repeatable=provider.repeatable)
        self._swept_at = now
        for state, replies in counts.items():
            if replies:
                _log.warning("reply.given_up", channel=self._channel, state=state, replies=replies)

    def _process(self, provider: ReplyProvider, reply: DueReply) -> None:
        reply_log = _log.bind(reply_id=str(reply.id), channel=self._channel, kind=reply.kind)
        try:
            outgoing = self._with_opened_contact(reply)
            address = self._address_hash(provider.address(outgoing))
        except ReplyWithheld as error:
            self._outbox.withhold(reply.id, error.reason)
            reply_log.info("reply.withheld", reason=error.reason)
            return
        except UnknownKeyError as error:
            # The operator's error, which the right key corrects. Other replies may be sealed with a key that we have.
            self._outbox.hold(reply.id, str(error))
            reply_log.error("reply.held", key=str(error), setting="SATUPINTU_SECRET_KEY")
            return
        match self._outbox.start_sending(reply, self._channel, address, self._limits, self._now()):
            case SendNow():
                self._write_until_done(self._deliver(provider, outgoing, reply, address, reply_log))
            case Withhold(reason, state):
                reply_log.info("reply.withheld", reason=reason, state=state)

    def _with_opened_contact(self, reply: DueReply) -> OutgoingReply:
        try:
            opened = self._sealer.open(reply.contact, reply.message_id)
        except UnknownKeyError:
            raise
        except ForgottenKeyError:
            raise ReplyWithheld("forgotten") from None
        except UnsealError:
            raise ReplyWithheld("unsealable") from None
        contact = Contact.model_validate_json(opened)
        return OutgoingReply(
            *(reply.id, reply.tracking, reply.kind, reply.text, reply.secret, reply.attempts),
            contact=contact,
            message_id=reply.message_id,
            mail_text=reply.mail_text,
        )

    def _deliver(
        self,
        provider: ReplyProvider,
        outgoing: OutgoingReply,
        reply: DueReply,
        address: str,
        reply_log: structlog.typing.FilteringBoundLogger,
    ) -> Callable[[], object]:
        """Send, and return the call that writes the outcome into the outbox."""
        outbox, channel = self._outbox, self._channel
        try:
            provider_id = provider.deliver(outgoing)
        except RetryLater as error:
            cause, seconds = error.cause, error.seconds
            reply_log.warning("reply.postponed", cause=cause)
            return lambda: outbox.postpone(reply, channel, cause, seconds, self._now())
        except PermanentFailure as error:
            code, unreachable = error.code, error.unreachable
            reply_log.warning("reply.failed", code=code)
            return lambda: outbox.mark_failed(reply.id, code, address, unreachable, self._now())
        except OutcomeUnknown as error:
            cause = error.cause
            reply_log.warning("reply.unconfirmed", cause=cause)
            return lambda: outbox.mark_unknown(reply.id, channel, cause, self._now())
        except Exception as error:
            # A bug, before or after the reply was sent: do not send it again, and do not go on for ever.
            self._unexpected_errors += 1
            reply_log.error("reply.failed_unexpectedly", exc_info=error)
            if self._unexpected_errors >= _MAX_UNEXPECTED_ERRORS_IN_A_ROW:
                raise Stop(f"Replies met {self._unexpected_errors} unexpected errors in a row.") from error
            return lambda: outbox.mark_unknown(reply.id, channel, "unexpected", self._now())
        self._unexpected_errors = 0
        reply_log.info("reply.sent")
        return lambda: outbox.mark_sent(reply.id, channel, provider_id)

    def _write_until_done(self, write: Callable[[], object]) -> None:
        """Write the outcome, waiting for the database. If stopped meanwhile, the sweep marks the reply as unknown."""
        while True:
            try:
                write()
            except DatabaseUnavailable as error:
                self._log_database_away(error)
                if self._stopping.wait(self._pause):
                    return
            else:
                return

    def _log_database_away(self, error: DatabaseUnavailable) -> None:
        _log.warning("reply.write_failed", channel=self._channel, cause=str(error))

    def _address_hash(self, address: str) -> str:
        return hmac.digest(self._key, f"address:{address}".encode(), hashlib.sha256).hex()
