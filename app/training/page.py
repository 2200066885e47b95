"""Page of a training room: its ten reports, what each teaches, and what the senders read of the answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Engine
from sqlmodel import col, select
from starlette.responses import Response

from accounts.permissions import Act
from accounts.signed_in import SignedIn
from app.training.invented import invented_reports
from app.training.room import TrainingRoom
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.database import read_transaction
from pages.frame import NavigationEntry, SignedInPages
from pages.translation.message import message as _
from pages.wording.cases import report_heading
from sinks.ledger.status import ReportStatus
from sinks.replies.tables import OutboxRow

TRAINING = "/desk/latihan"
NAVIGATION = NavigationEntry(_("Latihan"), TRAINING, Act.ACCEPT)
# Verdicts with words to the sender.
_ANSWERS = frozenset({"asked", "responded", "closed", "refused"})


@dataclass(frozen=True, slots=True)
class ShownReport:
    """One report. `link` is its sender's own page, `messages` are those by SMS. It has none while it is processed."""

    heading: str
    lesson: str
    number: str
    state: str
    is_answered: bool
    link: str
    messages: Sequence[str]


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """Shows the reports to officers.

    `room` reads the room, `statuses` the states of its numbers. `link_of` is the sender's own link by the id of the raw
    message.
    """

    engine: Engine
    signed_in: SignedIn
    pages: SignedInPages
    room: Callable[[], TrainingRoom | None]
    statuses: Callable[[Sequence[str]], Mapping[str, ReportStatus]]
    link_of: Callable[[UUID], str]

    def routes(self) -> APIRouter:
        """Return the route of the page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(TRAINING, self.show, methods=["GET"])
        return router

    def show(self, request: Request) -> Response:
        """Show the reports. Raises `NotSignedIn` or `Forbidden`."""
        actor = self.signed_in.actor(request)
        self.signed_in.require(request, Act.ACCEPT, actor.agency)
        reports = self._reports()
        count = sum(report.is_answered for report in reports)
        return self.pages.render(
            "training.html", request, actor, {"reports": reports, "answered": count, "total": len(reports)}
        )

    def _reports(self) -> Sequence[ShownReport]:
        room = self.room()
        numbers = {case.key: case.number for case in room.cases} if room else {}
        statuses = self.statuses(list(numbers.values()))
        with read_transaction(self.engine) as connection:
            ids = select(col(ComplaintFact.tracking), col(ComplaintFact.id), col(ComplaintFact.message_id))
            facts = {
                row.tracking: row
                for row in connection.execute(ids.where(is_one_of(col(ComplaintFact.tracking), numbers.values())))
            }
            query = select(col(OutboxRow.complaint_id), col(OutboxRow.text)).order_by(col(OutboxRow.made_at))
            of_sms = (
                col(OutboxRow.channel) == "sms",
                is_one_of(col(OutboxRow.complaint_id), [row.id for row in facts.values()]),
            )
            messages = connection.execute(query.where(*of_sms)).all()
        shown = []
        for report in invented_reports():
            number = numbers.get(report["key"], "")
            status, fact = statuses.get(number), facts.get(number)
            shown.append(
                ShownReport(
                    heading=report_heading(report.get("title", ""), report["text"]),
                    lesson=report["lesson"],
                    number=number,
                    state=status.state if status else "",
                    is_answered=any(step.kind in _ANSWERS for step in (status.steps if status else ())),
                    link=self.link_of(fact.message_id) if fact else "",
                    messages=[text for complaint_id, text in messages if fact and complaint_id == fact.id],
                )
            )
        return shown
