"""Weekly letter to heads and coordinators: one e-mail on Monday at 07:00 of the agency's zone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from desk.mail.composer import MailComposer
from desk.mail.digest import digest_day
from desk.mail.message import Mail
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient, by_unit
from desk.mail.texts import DeskLinks, WeeklyFacts, weekly_text

_MONDAY: Final = 0
# A letter that could not be sent on Monday is of use on the two days after it.
_LIFETIME = timedelta(days=2)


def weekly_day(now: datetime, zone: tzinfo) -> date | None:
    """Return the day in the zone whose letter is due, `None` outside of the morning of a Monday. Pure."""
    day = digest_day(now, zone)
    return day if day is not None and day.weekday() == _MONDAY else None


class WeeklyJob:
    """Makes the letters of the agencies whose Monday morning it is. Several processes may do so: an id exists once.

    `leaders` returns the heads and coordinators of each agency, `facts` what an agency, or with a code its unit, is
    told, and `zone` its time zone.
    """

    def __init__(
        self,
        leaders: Callable[[], Mapping[str, Sequence[Recipient]]],
        facts: Callable[[str, str], WeeklyFacts],
        zone: Callable[[str], tzinfo],
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
    ) -> None:
        self._leaders = leaders
        self._facts = facts
        self._zone = zone
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now
        # Day of the last letter of each agency.
        self._days: dict[str, date] = {}

    def step(self) -> int:
        """Store the letters that are due; return the number of e-mails. Raises `DatabaseUnavailable`."""
        now, count = self._now(), 0
        for agency, leaders in self._leaders().items():
            day = weekly_day(now, self._zone(agency))
            if day is not None and self._days.get(agency) != day:
                count += self._make(agency, leaders, day)
                self._days[agency] = day
        return count

    def _make(self, agency: str, leaders: Sequence[Recipient], day: date) -> int:
        readers = [reader for reader in leaders if reader.wants_digest]
        expires_at = datetime.combine(day, time.max, self._zone(agency)) + _LIFETIME
        mails: list[Mail] = []
        for unit, unit_readers in by_unit(readers).items():
            text = weekly_text(self._facts(agency, unit), day.isoformat(), self._links)
            mails += self._composer.compose("weekly", (agency, day.isoformat()), unit_readers, text, expires_at)
        if mails:
            self._outbox.add(mails)
        return len(mails)
