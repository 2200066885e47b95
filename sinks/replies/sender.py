"""Takes replies out of the outbox and sends them, one channel's in a thread: written down first, sent once."""

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bus.errors import Stop
from config.database import DatabaseUnavailable
from messages.sealing import Sealer, UnknownKeyError, UnsealError
from messages.shapes import Channel, Contact
from sinks.replies.decision import Go, Limits, Withhold
from sinks.replies.outbox import Due, Outbox
from sinks.replies.providers.provider import Later, Letter, Never, Unknown, Way, Withheld

_PAUSE_SECONDS = 1.0
_SWEEP = timedelta(minutes=1)
# One reply that trips a fault of ours is given up; so many in a row mean that every other would follow it.
_UNEXPECTED_IN_A_ROW = 10

_log = structlog.get_logger()


class Sender:
    """Sends the replies of one channel. `way` is `None` where nothing is configured: then they are withheld.

    `key` is secret: addresses are remembered under it, and never as they are. `pause` is the seconds between two looks
    at an outbox that has nothing due, and after the database was away.
    """

    def __init__(
        self,
        channel: Channel,
        way: Way | None,
        limits: Limits,
        outbox: Outbox,
        sealer: Sealer,
        key: bytes,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._channel = channel
        self._way = way
        self._limits = limits
        self._outbox = outbox
        self._sealer = sealer
        self._key = key
        self._now = now
        self._stopping = stopping
        self._pause = pause
        self._swept: datetime | None = None
        self._unexpected = 0

    def run(self) -> None:
        """Send until stopped. Raises `Stop` where the contacts are sealed with another key than ours."""
        while not self._stopping.is_set():
            try:
                busy = self.step()
            except DatabaseUnavailable as error:
                self._away(error)
                busy = False
            if not busy:
                self._stopping.wait(self._pause)

    def step(self) -> bool:
        """Work one reply; `False` where none is due. Raises `DatabaseUnavailable` and what `run` raises."""
        if self._way is None:
            if withheld := self._outbox.withhold_all(self._channel, "no_way"):
                _log.info("reply.withheld", channel=self._channel, reason="no_way", replies=withheld)
            return False
        now = self._now()
        if self._swept is None or now - self._swept >= _SWEEP:
            self._sweep(self._way, now)
        due = self._outbox.due(self._channel, now)
        if due is None:
            return False
        self._work(self._way, due)
        return True

    def _sweep(self, way: Way, now: datetime) -> None:
        found = self._outbox.sweep(self._channel, self._limits.oldest, now, repeatable=way.repeatable)
        self._swept = now
        for state, replies in found.items():
            if replies:
                _log.warning("reply.given_up", channel=self._channel, state=state, replies=replies)

    def _work(self, way: Way, due: Due) -> None:
        reply_log = _log.bind(reply_id=str(due.id), channel=self._channel, says=due.says)
        try:
            letter = self._letter(due)
            address = self._hashed(way.address(letter))
        except Withheld as error:
            self._outbox.withhold(due.id, error.reason)
            reply_log.info("reply.withheld", reason=error.reason)
            return
        match self._outbox.begin(due, self._channel, address, self._limits, self._now()):
            case Go():
                self._settle(self._deliver(way, letter, due, address, reply_log))
            case Withhold(reason, state):
                reply_log.info("reply.withheld", reason=reason, state=state)

    def _letter(self, due: Due) -> Letter:
        try:
            opened = self._sealer.open(due.contact, due.message_id)
        except UnknownKeyError as error:
            raise Stop(f"a contact is sealed with key {error}: is SATUPINTU_SECRET_KEY another one?") from error
        except UnsealError:
            raise Withheld("unsealable") from None
        contact = Contact.model_validate_json(opened)
        return Letter(due.id, due.tracking, due.says, due.text, due.secret, due.attempts, contact)

    def _deliver(
        self, way: Way, letter: Letter, due: Due, address: str, reply_log: structlog.typing.FilteringBoundLogger
    ) -> Callable[[], object]:
        """Send, and return what is to be written down of it."""
        outbox, channel = self._outbox, self._channel
        try:
            provider_id = way.deliver(letter)
        except Later as error:
            cause, seconds = error.cause, error.seconds
            reply_log.warning("reply.later", cause=cause)
            return lambda: outbox.later(due, channel, cause, seconds, self._now())
        except Never as error:
            code, unreachable = error.code, error.unreachable
            reply_log.warning("reply.failed", code=code)
            return lambda: outbox.failed(due.id, code, address, unreachable, self._now())
        except Unknown as error:
            cause = error.cause
            reply_log.warning("reply.unknown", cause=cause)
            return lambda: outbox.unknown(due.id, channel, cause, self._now())
        except Exception as error:
            # A fault of ours, before or after it was sent: not again, and not for ever.
            self._unexpected += 1
            reply_log.error("reply.unexpected", exc_info=error)
            if self._unexpected >= _UNEXPECTED_IN_A_ROW:
                raise Stop(f"replies: {self._unexpected} unexpected errors in a row") from error
            return lambda: outbox.unknown(due.id, channel, "unexpected", self._now())
        self._unexpected = 0
        reply_log.info("reply.sent")
        return lambda: outbox.sent(due.id, channel, provider_id)

    def _settle(self, write: Callable[[], object]) -> None:
        """Until it is written; whoever is stopped meanwhile leaves it to the sweep, as unknown."""
        while True:
            try:
                write()
            except DatabaseUnavailable as error:
                self._away(error)
                if self._stopping.wait(self._pause):
                    return
            else:
                return

    def _away(self, error: DatabaseUnavailable) -> None:
        _log.warning("reply.not_kept", channel=self._channel, cause=str(error))

    def _hashed(self, address: str) -> str:
        return hmac.digest(self._key, f"address:{address}".encode(), hashlib.sha256).hex()
