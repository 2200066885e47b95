"""Opens a closed case again at the same agency, when its sender objects to the closing in time.

A reopening is the next hop of the case, with a new deadline. The objection accompanies the case. The reason quotes no
words of it: reasons go on to other agencies, and to the reports of other citizens.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from cases.clocks.deadlines import Deadlines
from messages.shapes import Dispatch, Reason, Report, SenderAct
from messages.topics import TRIAGE
from router.answer_store import Closing, find_closing
from router.cases.hops import dispatch_as_own_case, next_hop
from router.cases.transfer import CaseTransfer
from router.decision import NO_CANDIDATE
from router.rules import Rules
from router.store import dispatch_history

_REOPENED = "Dibuka lagi (ke-{}) karena pelapor menyatakan belum selesai."
# From this number of reopenings on, each one is told to oversight.
_TOLD_FROM = 2


def is_objection_in_time(act: SenderAct, written_at: datetime, closing: Closing, deadlines: Deadlines) -> bool:
    """Return whether a message objects to the answer that closed a case: after the answer, and within the period."""
    return act == "objects" and closing.stated_at < written_at and deadlines.may_object(closing.at, written_at)


def reopened_cases(dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
    """Return the reopenings among the dispatches of one complaint or closing."""
    return [dispatch for dispatch in dispatches if dispatch.own_case and dispatch.reopened]


def is_told_to_oversight(reopening: Dispatch) -> bool:
    """Return whether oversight hears of a reopening."""
    return reopening.reopened >= _TOLD_FROM


@dataclass(frozen=True, slots=True)
class CaseReopening:
    """Opens cases again in one transaction, at the time `now`.

    `agency_of` returns the agency that the text of a report leads to.
    """

    transfer: CaseTransfer
    rules: Rules
    agency_of: Callable[[Report], str]
    now: datetime

    def for_objection(self, complaint_id: UUID, parent_id: UUID) -> Sequence[Dispatch]:
        """Return the hops of the case that an objection to `parent_id` opens again; none if it was routed before."""
        return () if dispatch_history(self.transfer.connection, complaint_id) else self._reopen(parent_id)

    def after_closing(self, case: Dispatch, accompanying: Iterable[Dispatch]) -> Sequence[Dispatch]:
        """Return the hops of cases whose senders objected to a closing before the router processed it.

        They saw it in the ledger. `accompanying` are the dispatches beside the closed case. The result is that of the
        other order, in which the closing was processed first. A closing by the system means that nobody has objected
        since the last response: an objection that the desk had not read then opens the case again.
        """
        closing = find_closing(self.transfer.connection, case)
        objections = [
            dispatch
            for dispatch in accompanying
            if closing and is_objection_in_time(dispatch.follow_up.act, dispatch.at, closing, self.transfer.deadlines)
        ]
        hops: list[Dispatch] = []
        for objection in sorted(objections, key=attrgetter("at", "complaint_id")):
            current_case = self.transfer.find_case(objection.complaint_id)
            # An earlier objection of the same sender may have reopened it.
            if current_case and find_closing(self.transfer.connection, current_case):
                hops += self._reopen(objection.complaint_id)
        return hops

    def _reopen(self, complaint_id: UUID) -> Sequence[Dispatch]:
        """Reopen the case of a sender whose report or later message is given.

        The case of another citizen that the report joined stays closed: the report becomes a case at the same agency.
        """
        report = self.transfer.first_of_sender(complaint_id)
        case = self.transfer.find_case(report.complaint_id) or report
        reopened = report.reopened + 1
        reason = Reason(rule="reopened", text=_REOPENED.format(reopened))
        # The agency may have given up its queue meanwhile.
        agency = self.rules.registry.find_receiving_agency(case.agency) or TRIAGE
        fields = {
            "agency": agency,
            "reasons": (reason, *report.reasons),
            "confidence": NO_CANDIDATE if agency == TRIAGE != case.agency else report.confidence,
            "reopened": reopened,
        }
        hop = next_hop(report.model_copy(update=fields), self.now, self.rules.version, self.transfer.deadlines)
        if not report.own_case:
            hop = dispatch_as_own_case(hop, case, self.rules.registry.name_of(case.agency))
        accompanying = self.transfer.dispatches_to_take_along(report, hop, self.agency_of)
        return self.transfer.dispatch_with_accompanying(hop, accompanying, hop)
