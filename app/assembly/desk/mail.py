"""Builds the e-mail to officers: outbox, client of the mail server, digests and notices."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from sqlalchemy import Engine

from app.assembly.smtp import smtp_server
from config.settings import Settings
from desk.mail.appointments import AppointmentMail
from desk.mail.composer import MailComposer
from desk.mail.digest import DigestJob
from desk.mail.notices import NoticeJob
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient, Recipients
from desk.mail.schedule import MailSchedule
from desk.mail.smtp import SmtpClient
from desk.mail.texts import DeskLinks, DigestCounts, WeeklyFacts
from desk.mail.weekly import WeeklyJob
from desk.mail.worker import MailWorker
from desk.webhooks.worker import SwitchedOffWebhook
from messages.sealing import Sealer
from pages.translation.translator import load_translator


class MailParts:
    """Parts of the e-mail in one process. Build them only if `SATUPINTU_SMTP_HOST` is set.

    `counts` returns the numbers of an agency's cases, `zone` its time zone, `agency_name` its name. `leaders` returns
    the readers of the weekly letter by agency, `facts` what it tells them.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        settings: Settings,
        now: Callable[[], datetime],
        recipients: Recipients,
        counts: Callable[[str, str], DigestCounts],
        zone: Callable[[str], tzinfo],
        links: DeskLinks,
        agency_name: Callable[[str], str],
        new_token: Callable[[], str],
        leaders: Callable[[], Mapping[str, Sequence[Recipient]]],
        facts: Callable[[str, str], WeeklyFacts],
    ) -> None:
        self._settings = settings
        self._now = now
        self._new_token = new_token
        composer = MailComposer(load_translator().translate)
        self.outbox = MailOutbox(engine, sealer, now)
        self._digests = DigestJob(recipients, counts, zone, links, composer, self.outbox, now)
        self._appointments = AppointmentMail(recipients, zone, agency_name, links, composer, self.outbox, now)
        self._weekly = WeeklyJob(leaders, facts, zone, links, composer, self.outbox, now)
        self._notices = NoticeJob(engine, recipients, links, composer, self.outbox, now, agency_name)

    def on_switched_off(self, webhook: SwitchedOffWebhook) -> None:
        """Tell the coordinators; see `DeliveryWorker`."""
        self._notices.switched_off(webhook.agency, webhook.event_id, webhook.reason)

    def threads(self, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
        """Return what runs in threads, with their names."""
        client = SmtpClient(smtp_server(self._settings), self._now)
        yield "mail", MailWorker(self.outbox, client, self._new_token, stopping).run
        schedule = MailSchedule(
            self._digests, self._weekly, self._notices, self._appointments, self.outbox, self._now, stopping
        )
        yield "mail-schedule", schedule.run
