"""Answers of officers: checked, recorded, stored, then published. Each takes effect once or not at all.

The row of `DeskAct` is the act: once it is committed, the answer is published, by this process or after its end by the
next one (`act_queue`, `act_publisher`). The id of an answer follows from its content, so publishing it twice has one
effect.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, exists, select
from sqlmodel import col

from accounts.permissions import Actor, actor_label
from config.database import insert_statement, read_transaction, write_transaction
from desk.acts.act_queue import ActQueue
from desk.acts.tables import DeskAct
from desk.institutions import Institutions
from desk.read_model.case_view import CaseView, read_case
from desk.read_model.tables import DeskAnswer, DeskDispatch
from messages import ids
from messages.cases.verdicts import FIRST_STATE, CaseState, state_after
from messages.shapes import AgencyAnswer, Verdict

# `repeated`: the same verdict with the same text is recorded already. `moved`: the case has left the agency.
# `not-possible`: this verdict may not follow the earlier ones. `conflict`: the case has changed since the page was
# shown. `unknown-case`: the agency never had it. The last two: what is missing.
ActFault: TypeAlias = Literal[
    "repeated", "moved", "not-possible", "conflict", "unknown-case", "text-missing", "unknown-agency"
]
# A refusal needs its reason, a question and an answer their words.
VERDICTS_WITH_TEXT: frozenset[Verdict] = frozenset({"refused", "asked", "responded", "closed"})
_ACT_NAMES: dict[Verdict, str] = {
    "accepted": "desk.accept",
    "refused": "desk.refuse",
    "asked": "desk.ask",
    "responded": "desk.respond",
    "closed": "desk.close",
}


# Appends an act to the audit log: action, ids of its objects, actor, reason and time.
Record = Callable[[str, str, str, str, datetime], object]


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """Content of an answer. `suggested_agency` is the competent institution that a refusal names, if any."""

    verdict: Verdict
    text: str = ""
    suggested_agency: str | None = None


@dataclass(frozen=True, slots=True)
class ActResult:
    """Outcome of an act. `fault` is empty if the act was stored; `view` is the case as it was read for the act.

    `is_published`: the bus has the answer. Otherwise it is published as soon as the bus is back.
    """

    fault: ActFault | None
    answer: AgencyAnswer | None = None
    view: "CaseProgressView | None" = None
    is_published: bool = False


class GivenAct(NamedTuple):
    """An act that is stored. `is_published`: the bus has its answer."""

    tracking: str
    verdict: Verdict
    is_published: bool


@dataclass(frozen=True, slots=True)
class CaseProgressView:
    """A case with the acts that are on their way to the read model.

    `version` is that of the next act's form. It is higher than that of every stored act, also while a rebuilt read
    model lacks a message of the sender: the next act would have the version of a stored one, which is a conflict.
    `state` is the state after all acts.
    """

    case: CaseView
    pending: Sequence[Row[DeskAct]]
    version: int
    state: CaseState


class OfficerAnswers:
    """Gives answers of the officers of an agency. `now` is called once for each act."""

    def __init__(
        self,
        engine: Engine,
        institutions: Institutions,
        record: Record,
        queue: ActQueue,
        now: Callable[[], datetime],
    ) -> None:
        """Create. `queue` publishes an answer once it is stored."""
        self._engine = engine
        self._institutions = institutions
        self._record = record
        self._queue = queue
        self._now = now

    def case(self, agency: str, number: str) -> CaseProgressView | None:
        """Return a case of the agency with the acts on their way; `None` if the agency never had it."""
        with read_transaction(self._engine) as connection:
            return read_progress(connection, agency, number)

    def give(self, actor: Actor, agency: str, number: str, version: int | None, draft: AnswerDraft) -> ActResult:
        """Give an answer. `version` is that of the form; `None` for a program, whose answer has no form.

        Raises `DatabaseUnavailable`. An act that cannot be recorded in the audit log is not done.
        """
        text = draft.text.strip()
        at = self._now()
        view = self.case(agency, number)
        fault = self._fault(view, version, draft, text)
        if fault or view is None:
            return ActResult(fault or "unknown-case", view=view)
        answer = self._answer(view, actor, draft, text, at)
        self._record(_ACT_NAMES[draft.verdict], str(answer.dispatch_id), actor_label(actor), draft.verdict, at)
        if not self._store(view, actor, answer, at):
            return self._overtaken(agency, number, draft, text)
        failure = self._queue.publish_dispatch(answer.dispatch_id)
        return ActResult(None, answer, view, is_published=not failure)

    def given(self, agency: str, act_id: UUID) -> GivenAct | None:
        """Return an act of the agency's officers by its id."""
        query = (
            select(col(DeskDispatch.tracking), col(DeskAct.verdict), col(DeskAct.published_at))
            .join(DeskDispatch, col(DeskDispatch.id) == col(DeskAct.dispatch_id))
            .where(col(DeskAct.id) == act_id, col(DeskAct.agency) == agency)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return GivenAct(row.tracking, row.verdict, row.published_at is not None) if row else None

    def with_pending_acts(self, dispatch_ids: Sequence[UUID]) -> AbstractSet[UUID]:
        """Return those of the dispatches that have an act which the read model does not have yet."""
        # The id alone is not enough: the answer of another agency, or about another complaint, may have it.
        is_read = exists().where(
            col(DeskAnswer.id) == col(DeskAct.id),
            col(DeskAnswer.agency) == col(DeskAct.agency),
            col(DeskDispatch.id) == col(DeskAct.dispatch_id),
            col(DeskDispatch.complaint_id) == col(DeskAnswer.complaint_id),
        )
        query = select(col(DeskAct.dispatch_id)).where(col(DeskAct.dispatch_id).in_(dispatch_ids), ~is_read)
        with read_transaction(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def _overtaken(self, agency: str, number: str, draft: AnswerDraft, text: str) -> ActResult:
        """Return the result after another act was stored for the same version. It may be the same act, sent twice."""
        view = self.case(agency, number)
        return ActResult(_case_fault(view, None, draft, text) or "conflict" if view else "unknown-case", view=view)

    def _fault(
        self, view: CaseProgressView | None, version: int | None, draft: AnswerDraft, text: str
    ) -> ActFault | None:
        if view is None:
            return "unknown-case"
        return self._draft_fault(draft, text) or _case_fault(view, version, draft, text)

    def _draft_fault(self, draft: AnswerDraft, text: str) -> ActFault | None:
        if draft.verdict in VERDICTS_WITH_TEXT and not text:
            return "text-missing"
        suggestion = draft.suggested_agency
        return "unknown-agency" if suggestion and not self._institutions.receives_cases(suggestion) else None

    def _answer(
        self, view: CaseProgressView, actor: Actor, draft: AnswerDraft, text: str, at: datetime
    ) -> AgencyAnswer:
        dispatch = view.case.dispatch
        return AgencyAnswer(
            id=ids.answer_id(dispatch.id, draft.verdict, text, draft.suggested_agency),
            message_id=dispatch.message_id,
            at=at,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=dispatch.agency,
            verdict=draft.verdict,
            text=text,
            theirs=draft.suggested_agency,
            actor=actor.name,
        )

    def _store(self, view: CaseProgressView, actor: Actor, answer: AgencyAnswer, at: datetime) -> bool:
        """Store the act; return False if another one was stored for this version of the case first."""
        row = {
            **answer.model_dump(include={"id", "dispatch_id", "agency", "verdict", "text"}),
            "version": view.version,
            "account_id": str(actor.account_id),
            "actor": actor.name,
            "suggested_agency": answer.theirs,
            "answer": answer.model_dump_json(),
            "at": at,
        }
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DeskAct).values(row).on_conflict_do_nothing()
            return connection.execute(statement.returning(col(DeskAct.id))).one_or_none() is not None


def _case_fault(view: CaseProgressView, version: int | None, draft: AnswerDraft, text: str) -> ActFault | None:
    answer_id = ids.answer_id(view.case.dispatch.id, draft.verdict, text, draft.suggested_agency)
    if answer_id in view.case.answer_ids or any(act.id == answer_id for act in view.pending):
        return "repeated"
    if not view.case.case.is_current:
        return "moved"
    if state_after(view.state, draft.verdict, view.case.case.agency) is None:
        return "not-possible"
    return "conflict" if version is not None and version != view.version else None


def read_progress(connection: Connection, agency: str, number: str) -> CaseProgressView | None:
    """Return a case of the agency with the acts on their way; `None` if the agency never had it.

    An act is on its way until the read model has its answer, counted or not. It stays so, and is shown as done, if the
    router and the read model reject the authenticator of the published answer. This happens if the agency's key is
    withdrawn between publishing and routing, or if a process of the desk still runs with the withdrawn key. The answer
    is then a dead letter of the router (`withdrawn_key`).
    """
    case = read_case(connection, agency, number)
    if case is None:
        return None
    columns = DeskAct.__table__.columns  # type: ignore[attr-defined]
    query = select(*columns).where(col(DeskAct.dispatch_id) == case.dispatch.id).order_by(col(DeskAct.version))
    acts = connection.execute(query).all()
    pending = [act for act in acts if act.id not in case.answer_ids]
    state: CaseState = case.case.state if case.case.is_current else FIRST_STATE
    for act in pending:
        state = state_after(state, act.verdict, agency) or state
    version_after_acts = acts[-1].version + 1 if acts else 0
    return CaseProgressView(case, pending, max(case.case.version + len(pending), version_after_acts), state)
