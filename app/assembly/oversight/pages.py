"""Builds the pages of oversight from the parts of the process."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from fastapi import APIRouter
from jinja2 import Environment

from accounts.account_store import AccountStore
from accounts.signed_in import SignedIn
from app.assembly.parts import Parts
from app.operations.overseen_cases.case_reader import OverseenCaseReader
from app.operations.overseen_cases.case_readings import CaseReadings
from app.operations.recorder import Recorder
from bus.port import Outgoing
from desk.institutions import Institutions
from oversight.cases.case_pages import CasePageParts, CasePages
from oversight.cases.overdue_cases import read_overdue_cases
from oversight.cases.recommend_page import RecommendPage
from oversight.cases.recommendation_list import RecommendationList
from oversight.cases.recommendation_pages import RecommendationPages
from oversight.cases.recommending import Recommending
from oversight.pages.case_list_page import CaseListPage
from oversight.pages.coaching_notes import CoachingNotes
from oversight.pages.coaching_page import CoachingPage
from oversight.pages.names import ScopeNames
from oversight.pages.overseer_pages import OverseerPages
from oversight.pages.reading import FigureReader
from oversight.public.public_pages import PublicPages
from oversight.public.published_months import PublishedMonths
from pages.frame import SignedInPages


def overseer_pages(parts: Parts, log: Recorder, signed_in: SignedIn, pages: SignedInPages) -> APIRouter:
    """Return the routes of the pages for overseers. `log` is the audit log for persons who have signed in."""
    engine, deadlines, names, label = parts.engine, parts.deadlines, scope_names(parts), parts.channels.label_of
    router = APIRouter()
    router.include_router(CaseListPage(signed_in, pages, engine, deadlines, names, label, parts.now).routes())
    reader = FigureReader(engine, deadlines, parts.tables.programmes)
    figures = OverseerPages(signed_in, pages, reader, names, label, parts.now, parts.tables.ratings)
    router.include_router(figures.routes())
    notes = CoachingNotes(engine, log.append)
    router.include_router(CoachingPage(signed_in, pages, notes, names, parts.now).routes())
    return router


def case_pages(
    parts: Parts,
    institutions: Institutions,
    log: Recorder,
    publish: Callable[[Sequence[Outgoing]], object],
    signed_in: SignedIn,
    pages: SignedInPages,
) -> APIRouter:
    """Return the routes of the pages on which overseers read single cases and recommend.

    `log` is the audit log for persons who have signed in. `publish` returns when the bus has the messages.
    """
    engine = parts.engine
    page_parts = CasePageParts(
        signed_in,
        pages,
        OverseenCaseReader(
            engine, institutions, parts.channels.label_of, parts.deadlines, lambda: parts.tables.topic_names
        ),
        CaseReadings(engine, log),
        lambda scope, now: read_overdue_cases(engine, scope, now),
        scope_names(parts),
        parts.now,
    )
    router = APIRouter()
    recommending = Recommending(log.append, publish)
    listing = RecommendationPages(page_parts, RecommendationList(engine), lambda ids: _person_names(parts, ids))
    for each_pages in (CasePages(page_parts), RecommendPage(page_parts, recommending), listing):
        router.include_router(each_pages.routes())
    return router


def _person_names(parts: Parts, account_ids: Collection[UUID]) -> Mapping[UUID, str]:
    accounts = AccountStore(parts.engine, parts.now)
    return {id_: account.name for id_ in account_ids if (account := accounts.by_id(id_))}


def public_figures(parts: Parts, pages: Environment) -> PublicPages:
    """Return the pages for everybody."""
    return PublicPages(PublishedMonths(parts.engine, parts.now, parts.secrets.public_key), scope_names(parts), pages)


def scope_names(parts: Parts) -> ScopeNames:
    """Return the names of provinces, institutions, topics and programmes of the tables in force."""
    return ScopeNames(
        lambda: {code: institution.name for code, institution in parts.registry.institutions.items()},
        lambda: parts.tables.regions,
        lambda: parts.tables.topic_names,
        parts.tables.programmes.names,
    )
