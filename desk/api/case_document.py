"""Makes the documents of cases from the read model. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cases.clocks.deadlines import Deadlines
from cases.clocks.recommendation_clock import recommendation_clock
from cases.pictures.store import NO_FILES
from desk.acts.answers import AnswerProgress, CaseProgressView
from desk.api.shapes import (
    Case,
    CaseDetail,
    CaseEventItem,
    CasePartItem,
    CasePlace,
    CaseReason,
    CaseUnitKind,
    Document,
    FormerCase,
    JoinedReport,
    OtherMatter,
    PartReference,
    Picture,
    RecommendationAnswerItem,
    RecommendationItem,
    SuggestedCase,
)
from desk.read_model.case_rows import AgencyCaseState, other_matter
from desk.read_model.case_view import AccompanyingReport, CaseEvent
from desk.read_model.recommendations.case_recommendations import CaseRecommendation
from desk.read_model.suggested_case import FormerCase as FormerView
from desk.read_model.suggested_case import SuggestedCase as SuggestionView
from messages.codec import decode_stored
from messages.shapes import AnswerContent, AnswerDocument, Attachment, Dispatch, Report
from messages.tracking import number_of_report

PREFIX = "/agency/v1"


def case_document(row: Row[Any], deadlines: Deadlines, recommendations_waiting: int = 0) -> Case:
    """Return the document of a row of `ChangedCases`."""
    dispatch = decode_stored(Dispatch, row.shape_version, row.document)
    fields = _case_fields(row, dispatch, row.received_at, deadlines)
    return Case(**fields, recommendations_waiting=recommendations_waiting)


def case_detail(view: CaseProgressView, deadlines: Deadlines) -> CaseDetail:
    """Return the document of one case, with the answers that are on their way."""
    case = view.case
    fields = _case_fields(case.case, case.dispatch, case.received_at, deadlines)
    fields |= {"state": current_state(view), "version": view.version}
    return CaseDetail(
        **fields,
        history=tuple(_events(view)),
        reports=tuple(_joined_report(report, case.case.tracking) for report in case.reports),
        report_count=case.report_count,
        suggestion=_suggested_case(case.suggestion),
        similar_closed_case=_former_case(case.former),
        recommendations_waiting=sum(item.answer is None for item in case.recommendations),
        parts=tuple(CasePartItem(number=part.number, agency=part.agency) for part in case.parts),
        recommendations=tuple(_recommendation(item, case.case.agency, deadlines) for item in case.recommendations),
    )


def current_state(view: AnswerProgress) -> AgencyCaseState:
    """Return the state of a case with the answers that are on their way."""
    if view.case.case.is_current:
        return view.state
    state: AgencyCaseState = view.case.case.state
    return state


def attachments(view: CaseProgressView) -> Iterator[Attachment]:
    """Yield the pictures of the case, of the reports that are shown with it, and of the answers to it.

    There are none of a confidential report that has left the agency.
    """
    if not view.case.are_files_open:
        return
    yield from view.case.dispatch.report.attachments
    for report in view.case.reports:
        yield from report.report.attachments
    for event in view.case.events:
        yield from event.files.pictures


def documents(view: CaseProgressView) -> Iterator[AnswerDocument]:
    """Yield the documents of the answers to the case, as far as its files are open."""
    if view.case.are_files_open:
        yield from (event.files.document for event in view.case.events if event.files.document)


def picture_document(picture: Attachment, number: str) -> Picture:
    """Return the document of a picture of a case."""
    return Picture(
        id=picture.id,
        media_type=picture.media_type,
        size=picture.size,
        address=f"{PREFIX}/cases/{number}/pictures/{picture.id}",
    )


def pdf_document(document: AnswerDocument, number: str) -> Document:
    """Return the document of a PDF of an answer."""
    return Document(
        id=document.id,
        media_type=document.media_type,
        size=document.size,
        address=f"{PREFIX}/cases/{number}/documents/{document.id}",
    )


def _case_fields(
    row: Row[Any], dispatch: Dispatch, received_at: datetime | None, deadlines: Deadlines
) -> dict[str, Any]:
    report = dispatch.report
    return {
        "number": row.tracking,
        "state": row.state,
        "title": report.title,
        "text": report.text,
        "due": row.due_at,
        "due_is_provisional": deadlines.is_provisional(row.due_at, dispatch.agency),
        "clock_stopped": row.clock_stopped,
        "joined": row.joined,
        "kind": report.kind.value,
        "channel": dispatch.channel,
        "counter_way": report.counter_way,
        "topic": dispatch.topic,
        "place": _place(report),
        "region": dispatch.region,
        "incident_time": report.incident_time,
        "named_agency": report.agency,
        "received": received_at,
        "dispatched": row.dispatched_at,
        "changed": row.changed_at,
        "hop": row.hop,
        "reopened": dispatch.reopened,
        "danger": row.danger,
        "danger_waits": row.danger_since is not None,
        "refusals": row.refusals,
        "version": row.version,
        "anonim": report.anonim,
        "rahasia": report.rahasia,
        "partial": report.partial,
        "pictures": _pictures(report, row.tracking),
        "unfetched": report.unfetched,
        "second_matter": _second_matter(dispatch),
        "unit_kinds": tuple(
            CaseUnitKind(kind=item.kind, rule=item.rule, text=item.text) for item in dispatch.unit_kinds
        ),
        "part_of": PartReference(number=number_of_report(row.tracking), part=dispatch.part_of.number)
        if dispatch.part_of
        else None,
        "unit": row.unit_code,
        "unit_due": row.unit_due_at,
        "reasons": tuple(CaseReason(rule=reason.rule, text=reason.text) for reason in dispatch.reasons),
    }


def _second_matter(dispatch: Dispatch) -> OtherMatter | None:
    matter = other_matter(dispatch)
    return OtherMatter(topic=matter.topic, agency=matter.agency) if matter else None


def _place(report: Report) -> CasePlace:
    place = report.place
    return CasePlace(
        region=place.region,
        district=place.district,
        code=place.code,
        address=place.address,
        latitude=place.latitude,
        longitude=place.longitude,
        accuracy=place.accuracy,
    )


def _pictures(report: Report, number: str) -> tuple[Picture, ...]:
    return tuple(picture_document(attachment, number) for attachment in report.attachments)


def _events(view: CaseProgressView) -> Iterator[CaseEventItem]:
    for event in view.case.events:
        yield _event(event, view)
    for act in view.pending:
        yield CaseEventItem(
            at=act.at,
            kind=act.content.verdict,
            agency=act.agency,
            actor=act.actor,
            counts=True,
            **_content_fields(act.content),
        )


def _event(event: CaseEvent, view: CaseProgressView) -> CaseEventItem:
    case = view.case.case
    files = event.files if view.case.are_files_open else NO_FILES
    return CaseEventItem(
        at=event.at,
        kind=event.kind,
        agency=event.agency,
        # The persons of another agency are no matter of this one.
        actor=event.actor if event.agency == case.agency else "",
        counts=event.counts,
        pictures=tuple(picture_document(file, case.tracking) for file in files.pictures),
        document=pdf_document(files.document, case.tracking) if files.document else None,
        **{"text": event.text, **_content_fields(event.answer)},
    )


def _content_fields(content: AnswerContent | None) -> dict[str, Any]:
    """Return what an event tells of an answer, by the names of its fields. The files have documents of their own."""
    names = CaseEventItem.model_fields.keys() & AnswerContent.model_fields.keys() - {"pictures", "document"}
    return content.model_dump(include=names) if content else {}


def _suggested_case(suggestion: SuggestionView | None) -> SuggestedCase | None:
    """Return the document of an open suggestion. Of a case that the agency may not read it tells nothing."""
    if suggestion is None or suggestion.state != "open":
        return None
    evidence = suggestion.evidence if suggestion.number else ()
    return SuggestedCase(number=suggestion.number or None, evidence=evidence)


def _former_case(former: FormerView | None) -> FormerCase | None:
    if former is None:
        return None
    return FormerCase(number=former.number or None, closed=former.closed_at if former.number else None)


def _recommendation(item: CaseRecommendation, agency: str, deadlines: Deadlines) -> RecommendationItem:
    due_at = recommendation_clock(deadlines, item.at, item.held_since, agency).due_at
    answer = item.answer
    return RecommendationItem(
        id=item.id,
        kind=item.kind,
        text=item.text,
        at=item.at,
        due=due_at,
        due_is_provisional=deadlines.is_provisional(due_at, agency),
        overseer=item.actor,
        answer=RecommendationAnswerItem(outcome=answer.outcome, text=answer.text, at=answer.at, actor=answer.actor)
        if answer
        else None,
    )


def _joined_report(report: AccompanyingReport, number: str) -> JoinedReport:
    return JoinedReport(
        number=report.tracking,
        relation=report.relation,
        act=report.follow_up.act,
        rating=report.follow_up.rating,
        at=report.at,
        title=report.report.title,
        text=report.report.text,
        pictures=_pictures(report.report, number),
    )
