"""Loop that makes digests and notices while the process runs. One step that fails does not end it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from config.database import DatabaseUnavailable
from desk.mail.appointments import AppointmentMail
from desk.mail.digest import DigestJob
from desk.mail.notices import NoticeJob
from desk.mail.outbox import MailOutbox
from desk.mail.weekly import WeeklyJob

_SWEEP_INTERVAL = timedelta(hours=1)
_DIGEST_INTERVAL = timedelta(seconds=30)

_log = structlog.get_logger()


class MailSchedule:
    """Looks for notices every `pause` seconds until stopped: one of a danger must not wait.

    Digests, weekly letters and reminders of appointments are made, and old rows are removed, less often.
    """

    def __init__(
        self,
        digests: DigestJob,
        weekly: WeeklyJob,
        notices: NoticeJob,
        appointments: AppointmentMail,
        outbox: MailOutbox,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause: float = 5.0,
    ) -> None:
        self._digests = digests
        self._weekly = weekly
        self._notices = notices
        self._appointments = appointments
        self._outbox = outbox
        self._now = now
        self._stopping = stopping
        self._pause = pause
        self._swept_at: datetime | None = None
        self._digested_at: datetime | None = None
        self._wrote_letters_at: datetime | None = None

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            for job in (self._notices.step, self._make_digests, self._write_letters, self._sweep):
                self._run(job)
            self._stopping.wait(self._pause)

    def _run(self, job: Callable[[], object]) -> None:
        try:
            job()
        except DatabaseUnavailable as error:
            _log.warning("mail.database_away", cause=str(error))
        except Exception as error:  # noqa: BLE001 - the next step tries again
            _log.error("mail.failed_unexpectedly", exc_info=error)

    def _make_digests(self) -> None:
        now = self._now()
        if self._digested_at is None or now - self._digested_at >= _DIGEST_INTERVAL:
            self._digests.step()
            self._digested_at = now

    def _write_letters(self) -> None:
        now = self._now()
        if self._wrote_letters_at is None or now - self._wrote_letters_at >= _DIGEST_INTERVAL:
            self._weekly.step()
            self._wrote_letters_at = now

    def _sweep(self) -> None:
        now = self._now()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_INTERVAL:
            self._appointments.step()
            self._notices.sweep()
            if expired := self._outbox.sweep():
                _log.warning("mail.expired", mails=expired)
            self._swept_at = now
