"""Part of a case's page about contributions of units: what was asked and given, and who may ask and give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.permissions import Act, Actor, may
from desk.acts.answers import CaseProgressView
from desk.pages.parts import DeskPageParts
from desk.pages.unit_wording import CONTRIBUTION_STATES
from desk.units.contributions import MAX_CONTRIBUTION_LENGTH, MAX_QUESTION_LENGTH, is_running, state_in_case
from desk.units.tiers import Tier
from pages.translation.message import Message


@dataclass(frozen=True, slots=True)
class ContributionItem:
    """A request and its contribution. `may_give`: the unit of the person is asked now."""

    id: str
    unit: str
    question: str
    due_at: datetime
    asked_by: str
    asked_at: datetime
    state: Message
    is_open: bool
    may_give: bool
    text: str
    ended_by: str
    ended_at: datetime | None


def contribution_values(parts: DeskPageParts, actor: Actor, view: CaseProgressView, tier: Tier) -> Mapping[str, Any]:
    """Return the values of the part. `tier` is that in which the person acts."""
    case = view.case.case
    rows = parts.contributions.of_case(tier, case)
    tree = parts.units.tree(case.agency)
    is_accountable = tier.has_unit(case.unit_code)
    may_give = bool(actor.unit) and may(actor, Act.RESPOND, case.agency)
    items: Sequence[ContributionItem] = [
        ContributionItem(
            id=str(row.id),
            unit=row.unit,
            question=row.question,
            due_at=row.due_at,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            state=CONTRIBUTION_STATES[state],
            is_open=state == "open",
            may_give=state == "open" and may_give and row.unit_code in tree.below(actor.unit),
            text=row.text,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
        )
        for row in rows
        for state in (state_in_case(row, case),)
    ]
    today = parts.today(case.agency)
    return {
        "is_accountable": is_accountable,
        "contributions": items,
        "asked": [item for item in items if item.is_open and not is_accountable],
        "may_ask": is_running(case)
        and is_accountable
        and bool(tree.units)
        and may(actor, Act.ASSIGN_UNIT, case.agency),
        "asked_choices": [
            (unit.code, tree.path(unit.code))
            for _, unit in tree.in_order()
            if unit.code != case.unit_code and unit.is_in_force(today)
        ],
        "question_length": MAX_QUESTION_LENGTH,
        "contribution_length": MAX_CONTRIBUTION_LENGTH,
    }
