"""E-mails to coordinators about persons whose last day is near, and about those whose last day is over."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from accounts.appointments import REMINDED_BEFORE, last_day
from desk.mail.composer import MailComposer
from desk.mail.message import DEFAULT_LIFETIME, Mail
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipients
from desk.mail.texts import DeskLinks, ended_text, ending_text
from pages.local_times import day_in_words

# Whoever ended earlier was told of, or the process was away for longer than the news is worth.
_TOLD_AFTER = timedelta(days=2)


class AppointmentMail:
    """Makes one e-mail for all persons of an agency with the same last day, once before it and once after it.

    Coordinators get it; the administrators where there is none. `zone` returns the time zone of an agency,
    `agency_name` its name.
    """

    def __init__(
        self,
        recipients: Recipients,
        zone: Callable[[str], tzinfo],
        agency_name: Callable[[str], str],
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
    ) -> None:
        self._recipients = recipients
        self._zone = zone
        self._agency_name = agency_name
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now

    def step(self) -> int:
        """Store the e-mails that are due; return their number. One that is stored already is left as it is.

        Raises `DatabaseUnavailable`.
        """
        now = self._now()
        mails: list[Mail] = []
        for (agency, ends_at), count in self._recipients.ending(now - _TOLD_AFTER, now + REMINDED_BEFORE).items():
            readers = self._recipients.coordinators(agency) or self._recipients.administrators()
            name = self._agency_name(agency) if agency else "Satu Pintu"
            day = day_in_words(last_day(ends_at, self._zone(agency)), "id")
            kind, text_of = ("appointment-ended", ended_text) if ends_at <= now else ("appointment-ends", ending_text)
            text = text_of(name, count, day, self._links)
            cause = (agency, ends_at.isoformat())
            mails += self._composer.compose(kind, cause, readers, text, now + DEFAULT_LIFETIME)
        if mails:
            self._outbox.add(mails)
        return len(mails)
