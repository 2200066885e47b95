"""E-mail to one person on request of another part: an invitation, or a link to sign in again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from desk.mail.message import DEFAULT_LIFETIME, Mail, check_address
from desk.mail.outbox import MailOutbox


class DirectMail:
    """Stores e-mails with a given text. `new_id` returns a random id."""

    def __init__(self, outbox: MailOutbox, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._outbox = outbox
        self._now = now
        self._new_id = new_id

    def send(self, to: str, subject: str, body: str, lifetime: timedelta = DEFAULT_LIFETIME) -> None:
        """Store one e-mail; the worker sends it. It is not sent after `lifetime`, when a link in it has expired.

        Raises `UnusableAddress`, `ValueError` for a subject of several lines, and `DatabaseUnavailable`.
        """
        if not subject.isprintable():
            raise ValueError("a subject is one line of visible characters")
        self._outbox.add([Mail(self._new_id(), "direct", check_address(to), subject, body, self._now() + lifetime)])
