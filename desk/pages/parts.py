"""Parts that all pages of an agency need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from accounts.permissions import Act, Actor
from accounts.signed_in import Forbidden, SignedIn
from cases.clocks.deadlines import Deadlines
from config.database import read_transaction
from config.reference.regions import Regions
from config.time_zones import time_zone
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.answers import CaseProgressView, OfficerAnswers, Record
from desk.acts.case_work import CaseWork
from desk.acts.divisions import Divisions
from desk.acts.public_release import ReleaseActs
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.acts.suggestions import SuggestionActs
from desk.institutions import Institutions
from desk.pages.list_query import ListQuery, read_list_query
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.proposals import ProposalTables
from desk.units.tiers import Tier, tier_of
from desk.units.units import Units
from messages.channels import ChannelDirectory
from messages.shapes import Channel, Contact
from messages.tracking import read_tracking_number
from pages.forms import plain_line
from pages.frame import SignedInPages


class Officer(NamedTuple):
    """A person of the agency who may have a case. `unit` is the code of the person's unit, if there is one.

    `stand_in` is the name of who stands in while the person is on leave; empty if the person is there.
    """

    account_id: UUID
    name: str
    unit: str = ""
    stand_in: str = ""


# Returns the officers of an agency, by name.
FindOfficers = Callable[[str], Sequence[Officer]]
# Returns account and name of each person on leave for whom this account stands in now.
FindStoodInFor = Callable[[UUID], Mapping[str, str]]
# Returns the stored bytes of a file; `None` if they were removed.
OpenFile = Callable[[UUID], bytes | None]
# Opens the contact that was sealed for a message. Raises `UnsealError`.
OpenContact = Callable[[str, UUID], Contact]


@dataclass(frozen=True, slots=True)
class DeskPageParts:
    """Everything that the pages call. `now` is the clock, `record` appends to the audit log.

    `topics` returns the names of topics by id. `regions` returns the regions in force. `release` is `None` where there
    is no public view. `public_address` is where citizens reach the service. On `direct_message_channels` a sender who
    asked for secrecy gets a direct message about an answer.
    """

    engine: Engine
    signed_in: SignedIn
    pages: SignedInPages
    answers: OfficerAnswers
    suggestions: SuggestionActs
    recommendations: RecommendationAnswers
    divisions: Divisions
    work: CaseWork
    units: Units
    passing: UnitPassing
    contributions: UnitContributions
    institutions: Institutions
    regions: Callable[[], Regions]
    topics: Callable[[], Mapping[str, str]]
    proposals: ProposalTables
    channels: ChannelDirectory
    public_address: str
    direct_message_channels: frozenset[Channel]
    officers: FindOfficers
    stood_in_for: FindStoodInFor
    open_file: OpenFile
    open_contact: OpenContact
    record: Record
    now: Callable[[], datetime]
    deadlines: Deadlines
    release: ReleaseActs | None
    pictures: AnswerPictures

    def require(self, request: Request, *acts: Act) -> Actor:
        """Return the person, who may do these acts at the own agency. Raises `NotSignedIn` or `Forbidden`."""
        actor = self.signed_in.actor(request)
        if not actor.agency:
            # Rights for all agencies, as those of an overseer, open no agency's desk.
            raise Forbidden
        for act in acts:
            self.signed_in.require(request, act, actor.agency)
        return actor

    def today(self, agency: str) -> date:
        """Return the day at an agency."""
        return self.now().astimezone(time_zone(self.institutions.region(agency)).value).date()

    def tier(self, actor: Actor) -> Tier:
        """Return the cases in which the person acts. `Tier.with_asked` has those that the person may read."""
        if not actor.unit:
            return Tier(actor.agency)
        with read_transaction(self.engine) as connection:
            return tier_of(connection, actor.agency, actor.unit)

    def find_case(self, actor: Actor, number: str, tier: Tier | None = None) -> CaseProgressView | None:
        """Return a case in which the person may act, by a typed number; `None` if the person's tier never had it.

        `tier` is that of the person, if it is known.
        """
        return self.answers.case(tier or self.tier(actor), read_tracking_number(number) or plain_line(number))

    def find_readable(self, actor: Actor, number: str) -> CaseProgressView | None:
        """Return the same case, or one about which a unit of the person is asked for a contribution: to read it."""
        return self.find_case(actor, number, self.tier(actor).with_asked())

    def render(
        self,
        template: str,
        request: Request,
        actor: Actor,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Return a page. Every template gets the list from which the person came, and the region for local times."""
        common_values = {"list": list_query(request), "region": self.institutions.region(actor.agency)}
        return self.pages.render(template, request, actor, {**common_values, **values}, status)

    def missing(self, request: Request, actor: Actor, number: str) -> Response:
        """Return the page for a number that is unknown or of another agency: nobody can tell which."""
        return self.render("case_missing.html", request, actor, {"number": number}, HTTPStatus.NOT_FOUND)


def list_query(request: Request) -> ListQuery:
    """Return the list that the address of a page names."""
    return read_list_query(request.query_params)
