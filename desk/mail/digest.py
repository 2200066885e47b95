"""Morning digest for officers: one e-mail at 07:00 of the agency's zone, on days with something to say."""

from collections.abc import Callable
from datetime import date, datetime, time, tzinfo
from typing import Final

from desk.mail.composer import MailComposer
from desk.mail.message import Mail
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipients, by_unit
from desk.mail.texts import DeskLinks, DigestCounts, digest_text

DIGEST_TIME: Final = time(7)
# A digest that could not be made until then is left out: the day's work has begun.
_LATEST_TIME = time(12)


def digest_day(now: datetime, zone: tzinfo) -> date | None:
    """Return the day in the zone whose digest is due, `None` outside of the morning. Pure."""
    local_time = now.astimezone(zone)
    return local_time.date() if DIGEST_TIME <= local_time.time() < _LATEST_TIME else None


class DigestJob:
    """Makes the digests of the agencies whose morning it is. Several processes may do so: an id exists once.

    `counts` returns the numbers of the cases of an agency, or with a code of its unit; `zone` its time zone.
    """

    def __init__(
        self,
        recipients: Recipients,
        counts: Callable[[str, str], DigestCounts],
        zone: Callable[[str], tzinfo],
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
    ) -> None:
        self._recipients = recipients
        self._counts = counts
        self._zone = zone
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now
        # Day of the last digest of each agency.
        self._days: dict[str, date] = {}

    def step(self) -> int:
        """Store the digests that are due; return the number of e-mails. Raises `DatabaseUnavailable`."""
        now, count = self._now(), 0
        for agency in self._recipients.agencies():
            day = digest_day(now, self._zone(agency))
            if day is not None and self._days.get(agency) != day:
                count += self._make(agency, day)
                self._days[agency] = day
        return count

    def _make(self, agency: str, day: date) -> int:
        readers = [reader for reader in self._recipients.officers(agency) if reader.wants_digest]
        end_of_day = datetime.combine(day, time.max, self._zone(agency))
        mails: list[Mail] = []
        for unit, unit_readers in by_unit(readers).items():
            counts = self._counts(agency, unit)
            if not counts.is_empty():
                text = digest_text(counts, day.isoformat(), self._links)
                mails += self._composer.compose("digest", (agency, day.isoformat()), unit_readers, text, end_of_day)
        if mails:
            self._outbox.add(mails)
        return len(mails)
