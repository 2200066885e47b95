"""Translates the ledger's status of a number and the public view for Open311: open or closed, and a sentence."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from cases.clocks.public_day import begin_of_day
from config.reference.regions import Regions
from ingest.web.open311.door import PublicRequest, PublicStatus
from ingest.web.open311.store import RequestQuery
from messages.replies.report_states import ENDED_STATES
from pages.wording.cases import region_label, topic_label
from sinks.ledger.status import ReportStatus, StatusReader
from sinks.public.queries import CLOSED, OPEN, PublicFilter, PublicReports, ShownReport
from sinks.public.wording import state_label


def look_up(ledger: StatusReader, now: Callable[[], datetime], numbers: Collection[str]) -> Mapping[str, PublicStatus]:
    """Return the public status of each tracking number, without those that the ledger does not know (yet)."""
    statuses, at = ledger.statuses(numbers), now()
    return {number: open311_status(status.for_everybody(at)) for number, status in statuses.items()}


def open311_status(status: ReportStatus) -> PublicStatus:
    """Return the status in Open311's terms."""
    notes = status.sentence
    if status.repeated_number:
        notes += f" Laporan ini tergabung dengan {status.repeated_number}."
    requested = next(step.at for step in status.steps if step.kind == "received")
    return PublicStatus(status.whole_state in ENDED_STATES, notes, status.agency, requested, status.changed_at)


class Open311PublicView:
    """The public view as Open311 shows it: `ingest.web.open311.door.PublicRequests`."""

    def __init__(
        self,
        reports: PublicReports,
        agency_names: Mapping[str, str],
        regions: Regions,
        topic_names: Callable[[], Mapping[str, str]],
    ) -> None:
        self._reports = reports
        self._agency_names = agency_names
        self._regions = regions
        self._topic_names = topic_names

    def newest(self, query: RequestQuery, states: Collection[str], limit: int) -> Sequence[PublicRequest]:
        """Return the reports that match the query, the newest first."""
        state = CLOSED if "open" not in states else OPEN if "closed" not in states else ""
        chosen = PublicFilter(topics=tuple(query.services), state=state, since=query.since, until=query.until)
        return [self._request(report) for report in self._reports.newest(chosen, limit)]

    def find_all(self, public_ids: Sequence[str]) -> Sequence[PublicRequest]:
        """Return the reports with these public ids, in the order of the ids."""
        return [self._request(report) for report in self._reports.find_all(public_ids)]

    def _request(self, report: ShownReport) -> PublicRequest:
        agency = self._agency_names.get(report.agency, "")
        notes = f"{state_label(report.state)}."
        status = PublicStatus(not report.is_open, notes, agency, *_days(report))
        words = "\n".join(text for text in (report.title, report.text) if text)
        service = topic_label(self._topic_names(), report.topic)
        address = region_label(self._regions, report.region)
        return PublicRequest(report.public_id, status, report.topic, service, words, address)


def _days(report: ShownReport) -> tuple[datetime, datetime]:
    return begin_of_day(report.published_on), begin_of_day(report.changed_on)
