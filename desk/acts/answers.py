"""Answers of officers: checked, recorded, stored, then published. Each takes effect once or not at all.

The row of `DeskAct` is the act: once it is committed, the answer is published, by this process or after its end by the
next one (`act_queue`, `act_publisher`). The id of an answer follows from its content, so publishing it twice has one
effect.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, bindparam, exists, select
from sqlmodel import col

from accounts.permissions import Actor, actor_label
from cases.clocks.deadlines import Deadlines
from cases.course.verdicts import FIRST_STATE, CaseState, state_after
from cases.derivations.position import is_derived
from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, DispatchFact
from cases.pictures.store import chosen_files, dispatch_files, mark_named
from config.conditions import is_one_of
from config.database import insertion_of_missing, read_transaction, statement_transaction, write_transaction
from desk.acts.act_queue import ActQueue
from desk.acts.extensions import NO_EXTENSION, Extension, ExtensionFault, possible_extension
from desk.acts.openings import record_openings
from desk.acts.tables import DeskAct
from desk.institutions import Institutions
from desk.read_model.case_view import CaseToAnswer, CaseView, read_case, read_case_to_answer
from desk.read_model.derivation import DERIVATION
from desk.units.tiers import Tier, sees
from messages.answer_check import content_id
from messages.shapes import AgencyAnswer, AnswerContent, Verdict

# `repeated`: the same verdict with the same text is recorded already. `moved`: the case has left the agency.
# `not-possible`: this verdict may not follow the earlier ones. `conflict`: the case has changed since the page was
# shown. `unknown-case`: the agency never had it. The others: what is wrong with the draft.
ActFault: TypeAlias = Literal[
    "repeated",
    "moved",
    "not-possible",
    "conflict",
    "unknown-case",
    "text-missing",
    "unknown-agency",
    "misplaced-field",
    "unknown-picture",
    "unknown-document",
    ExtensionFault,
]
# A refusal needs its reason, a question and an answer their words.
VERDICTS_WITH_TEXT: frozenset[Verdict] = frozenset({"refused", "extended", "asked", "responded", "closed"})
_ACT_NAMES: dict[Verdict, str] = {
    "accepted": "desk.accept",
    "refused": "desk.refuse",
    "extended": "desk.extend",
    "asked": "desk.ask",
    "responded": "desk.respond",
    "closed": "desk.close",
}
_ACTS = (
    select(DeskAct.__table__)  # type: ignore[attr-defined]
    .where(col(DeskAct.dispatch_id) == bindparam("dispatch_id"))
    .order_by(col(DeskAct.version))
)
CaseT = TypeVar("CaseT", bound=CaseToAnswer)
CaseT_co = TypeVar("CaseT_co", bound=CaseToAnswer, covariant=True)

# Appends an act to the audit log: action, ids of its objects, actor, reason and time.
Record = Callable[[str, str, str, str, datetime], object]


@dataclass(frozen=True, slots=True)
class ActResult:
    """Outcome of an act. `fault` is empty if the act was stored; `view` is the case as it was read for the act.

    `is_published`: the bus has the answer. Otherwise it is published as soon as the bus is back.
    """

    fault: ActFault | None
    answer: AgencyAnswer | None = None
    view: "AnswerProgress | None" = None
    is_published: bool = False


class _UnknownFile(Exception):
    """A picture or the document of the answer is not stored for the dispatch."""

    def __init__(self, fault: ActFault) -> None:
        super().__init__(fault)
        self.fault = fault


class GivenAct(NamedTuple):
    """An act that is stored. `is_published`: the bus has its answer."""

    tracking: str
    verdict: Verdict
    is_published: bool


class PendingAct(NamedTuple):
    """An act that is on its way to the read model. Its words are empty if its sender was forgotten since."""

    id: UUID
    agency: str
    actor: str
    at: datetime
    content: AnswerContent


@dataclass(frozen=True, slots=True)
class CaseProgress(Generic[CaseT_co]):
    """A case with the acts that are on their way to the read model.

    `version` is that of the next act's form. It is higher than that of every stored act, also while a rebuilt read
    model lacks a message of the sender: the next act would have the version of a stored one, which is a conflict.
    `state` is the state after all acts. `extension` is what the deadline may be extended by now.
    """

    case: CaseT_co
    pending: Sequence[PendingAct]
    version: int
    state: CaseState
    extension: Extension = NO_EXTENSION


# What a page shows, and what an answer needs.
CaseProgressView: TypeAlias = CaseProgress[CaseView]
AnswerProgress: TypeAlias = CaseProgress[CaseToAnswer]


class OfficerAnswers:
    """Gives answers of the officers of an agency. `now` is called once for each act."""

    def __init__(
        self,
        engine: Engine,
        institutions: Institutions,
        record: Record,
        queue: ActQueue,
        deadlines: Deadlines,
        now: Callable[[], datetime],
    ) -> None:
        """Create. `queue` publishes an answer once it is stored."""
        self._engine = engine
        self._institutions = institutions
        self._record = record
        self._queue = queue
        self._deadlines = deadlines
        self._now = now

    def case(self, tier: Tier, number: str) -> CaseProgressView | None:
        """Return a case of the tier with the acts on their way; `None` if the tier never had it."""
        with read_transaction(self._engine) as connection:
            view = read_progress(connection, tier, number)
            return None if view is None else replace(view, extension=self._extension(connection, view))

    def progress(self, tier: Tier, number: str) -> AnswerProgress | None:
        """Return what an answer needs of the same case."""
        with read_transaction(self._engine) as connection:
            case = read_case_to_answer(connection, tier, number)
            if case is None:
                return None
            view = _with_acts(connection, case)
            return replace(view, extension=self._extension(connection, view))

    def _extension(self, connection: Connection, view: AnswerProgress) -> Extension:
        pending = [act.content.verdict for act in view.pending]
        return possible_extension(connection, view.case, pending, self._deadlines, self._now())

    def opened(self, cases: Iterable[Row[Any]]) -> None:
        """Store that somebody of the agency opened these cases, as far as they tell of danger; see `openings`."""
        record_openings(self._engine, cases, self._now())

    def give(
        self,
        actor: Actor,
        tier: Tier,
        number: str,
        version: int | None,
        draft: AnswerContent,
        at: datetime | None = None,
    ) -> ActResult:
        """Read a case of the tier and answer it. See `answer`."""
        view = self.progress(tier, number)
        return self.answer(actor, view, version, draft, at) if view else ActResult("unknown-case")

    def answer(
        self,
        actor: Actor,
        view: AnswerProgress,
        version: int | None,
        draft: AnswerContent,
        at: datetime | None = None,
    ) -> ActResult:
        """Answer a case as it was just read. `version` is that of the form; `None` for a program, which has no form.

        `at` is the time of the request, if it answers several cases; without it each act has its own.

        Another act that was stored since is a conflict. Raises `DatabaseUnavailable`. An act that cannot be recorded in
        the audit log is not done.
        """
        draft = clean_content(draft)
        at = at or self._now()
        if fault := self._draft_fault(draft) or _case_fault(view, version, draft):
            return ActResult(fault, view=view)
        answer = self._answer(view, actor, draft, at)
        self._record(_ACT_NAMES[draft.verdict], str(answer.dispatch_id), actor_label(actor), draft.verdict, at)
        self.opened([view.case.case])
        try:
            is_stored = self._store(view, actor, answer, at)
        except _UnknownFile as unknown:
            return ActResult(unknown.fault, view=view)
        if not is_stored:
            return self._overtaken(view, draft)
        failure = self._queue.publish_dispatch(answer.dispatch_id)
        return ActResult(None, answer, view, is_published=not failure)

    def given(self, tier: Tier, act_id: UUID) -> GivenAct | None:
        """Return an act about a case of the tier by its id."""
        query = (
            select(
                *(col(DispatchFact.tracking), col(DeskAct.verdict), col(DeskAct.published_at), col(DeskAct.dispatch_id))
            )
            .join(DispatchFact, col(DispatchFact.id) == col(DeskAct.dispatch_id))
            .where(col(DeskAct.id) == act_id, col(DeskAct.agency) == tier.agency)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None or not sees(connection, tier, row.dispatch_id):
                return None
        return GivenAct(row.tracking, row.verdict, row.published_at is not None)

    def with_pending_acts(self, dispatch_ids: Sequence[UUID]) -> AbstractSet[UUID]:
        """Return those of the dispatches that have an act which the read model does not have yet."""
        # The id alone is not enough: the answer of another agency, or about another complaint, may have it.
        is_read = exists().where(
            col(AnswerFact.id) == col(DeskAct.id),
            col(DispatchFact.id) == col(DeskAct.dispatch_id),
            is_to_dispatch(),
            is_derived(DERIVATION, col(AnswerFact.id)),
        )
        query = select(col(DeskAct.dispatch_id)).where(is_one_of(col(DeskAct.dispatch_id), dispatch_ids), ~is_read)
        with read_transaction(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def _overtaken(self, earlier: AnswerProgress, draft: AnswerContent) -> ActResult:
        """Return the result after another act was stored for the same version. It may be the same act, sent twice."""
        # Who answers has just read the case.
        view = self.progress(Tier(earlier.case.case.agency), earlier.case.case.tracking)
        return ActResult(_case_fault(view, None, draft) or "conflict" if view else "unknown-case", view=view)

    def _draft_fault(self, draft: AnswerContent) -> ActFault | None:
        if draft.verdict in VERDICTS_WITH_TEXT and not draft.text:
            return "text-missing"
        if draft.verdict == "extended" and draft.extension_days < 1:
            return "extension-days-missing"
        if draft.misplaced_fields():
            return "misplaced-field"
        suggestion = draft.suggested_agency
        return "unknown-agency" if suggestion and not self._institutions.receives_cases(suggestion) else None

    def _answer(self, view: AnswerProgress, actor: Actor, draft: AnswerContent, at: datetime) -> AgencyAnswer:
        dispatch = view.case.dispatch
        return AgencyAnswer(
            **draft.content().model_dump(),
            id=content_id(dispatch.id, draft),
            message_id=dispatch.message_id,
            at=at,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=dispatch.agency,
            actor=actor.name,
        )

    def _store(self, view: AnswerProgress, actor: Actor, answer: AgencyAnswer, at: datetime) -> bool:
        """Store the act; return False if another one was stored for this version of the case first.

        Raises `_UnknownFile` if a file of the answer is not stored for its dispatch (any more).
        """
        row = {
            **answer.model_dump(include={"id", "dispatch_id", "agency", "verdict"}),
            "version": view.version,
            "account_id": str(actor.account_id),
            "actor": actor.name,
            "answer": answer.model_dump_json(),
            "at": at,
        }
        if answer.pictures or answer.document:
            return self._store_with_files(answer, row, at)
        with statement_transaction(self._engine) as connection:
            return _insert_act(connection, row)

    def _store_with_files(self, answer: AgencyAnswer, row: dict[str, Any], at: datetime) -> bool:
        """Store the act and mark its files, which no purge of unsent ones deletes from then on."""
        with write_transaction(self._engine) as connection:
            if not _insert_act(connection, row):
                return False
            _mark_files(connection, answer, at)
            return True


def clean_content(draft: AnswerContent) -> AnswerContent:
    """Return what is sent of a draft: no blanks around the text, and no tick about pictures without pictures."""
    return draft.model_copy(
        update={
            "text": draft.text.strip(),
            "suggested_agency": draft.suggested_agency or None,
            "pictures_public": draft.pictures_public and bool(draft.pictures),
        }
    )


def _mark_files(connection: Connection, answer: AgencyAnswer, at: datetime) -> None:
    """Mark the files of an answer. Raises `_UnknownFile`."""
    # Marked rows stay until the transaction ends: read them afterwards.
    mark_named(connection, answer.dispatch_id, [*answer.pictures, *([answer.document] if answer.document else ())], at)
    stored = dispatch_files(connection, [answer.dispatch_id]).get(answer.dispatch_id, {})
    files = chosen_files(stored, answer.pictures, answer.document)
    if len(files.pictures) != len(set(answer.pictures)):
        raise _UnknownFile("unknown-picture")
    if answer.document and files.document is None:
        raise _UnknownFile("unknown-document")


def _insert_act(connection: Connection, row: dict[str, Any]) -> bool:
    statement = insertion_of_missing(connection.dialect.name, DeskAct, "id")
    return connection.execute(statement, row).one_or_none() is not None


def _case_fault(view: AnswerProgress, version: int | None, draft: AnswerContent) -> ActFault | None:
    answer_id = content_id(view.case.dispatch.id, draft)
    if answer_id in view.case.answer_ids or any(act.id == answer_id for act in view.pending):
        return "repeated"
    if not view.case.case.is_current:
        return "moved"
    if state_after(view.state, draft.verdict, view.case.case.agency) is None:
        return "not-possible"
    if draft.verdict == "extended" and (fault := view.extension.fault(draft.extension_days)):
        return fault
    return "conflict" if version is not None and version != view.version else None


def read_progress(connection: Connection, tier: Tier, number: str) -> CaseProgressView | None:
    """Return a case of the tier with the acts on their way; `None` if the tier never had it.

    An act is on its way until the read model has its answer, counted or not. It stays so, and is shown as done, if the
    router and the read model reject the authenticator of the published answer. This happens if the agency's key is
    withdrawn between publishing and routing, or if a process of the desk still runs with the withdrawn key. The answer
    is then a dead letter of the router (`withdrawn_key`).
    """
    case = read_case(connection, tier, number)
    return None if case is None else _with_acts(connection, case)


def _with_acts(connection: Connection, case: CaseT) -> CaseProgress[CaseT]:
    acts = connection.execute(_ACTS, {"dispatch_id": case.dispatch.id}).all()
    pending = [_pending_act(act) for act in acts if act.id not in case.answer_ids]
    state: CaseState = case.case.state if case.case.is_current else FIRST_STATE
    for act in pending:
        state = state_after(state, act.content.verdict, case.case.agency) or state
    version_after_acts = acts[-1].version + 1 if acts else 0
    return CaseProgress(case, pending, max(case.case.version + len(pending), version_after_acts), state)


def _pending_act(row: Row[Any]) -> PendingAct:
    return PendingAct(row.id, row.agency, row.actor, row.at, act_content(row))


def act_content(row: Row[Any]) -> AnswerContent:
    """Return the content of a stored act. Of one that was emptied, only the verdict is left."""
    return AnswerContent.model_validate({"verdict": row.verdict} | json.loads(row.answer))
