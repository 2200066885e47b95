"""Part of a case's page about its unit: which one is accountable, where the case may go, and who may have it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from accounts.permissions import Actor
from config.database import read_transaction
from desk.acts.answers import CaseProgressView
from desk.pages.parts import DeskPageParts, Officer
from desk.pages.unit_wording import PROPOSAL_REASONS
from desk.units.passing import MOST_RETURNS, read_holding
from desk.units.proposals import propose
from desk.units.tiers import Tier
from desk.units.tree import UnitTree
from pages.translation.message import Message


def unit_values(parts: DeskPageParts, actor: Actor, view: CaseProgressView, tier: Tier) -> Mapping[str, Any]:
    """Return the values of the part. An agency without units gives cases to texts that officers typed before."""
    case = view.case.case
    tree = parts.units.tree(case.agency)
    today = parts.today(case.agency)
    choices = [
        (unit.code, tree.path(unit.code))
        for _, unit in tree.in_order()
        if tier.has_unit(unit.code) and unit.is_in_force(today)
    ]
    return {
        "has_units": bool(tree.units),
        "unit_path": tree.path(case.unit_code),
        "unit_choices": choices,
        "units": () if tree.units else parts.work.units(tier),
        "may_return": case.is_current and bool(actor.unit) and case.unit_code == actor.unit,
        "proposal": _proposal(parts, view, tree, tier, today),
        "officers": _seeing(parts.officers(case.agency), tree, case.unit_code),
        "today": today,
    }


def _proposal(
    parts: DeskPageParts, view: CaseProgressView, tree: UnitTree, tier: Tier, today: date
) -> tuple[str, str, Message | str] | None:
    """Return code, path and reason of the proposed unit; `None` for a case that a unit has, or that was given back."""
    case = view.case.case
    if not tree.units or case.unit_code or not case.is_current or view.state == "selesai":
        return None
    with read_transaction(parts.engine) as connection:
        if read_holding(connection, case.dispatch_id).returns >= MOST_RETURNS:
            return None
        proposal = propose(connection, tree, case, today, parts.proposals)
    if proposal is None or not tier.has_unit(proposal.unit.code):
        return None
    found = (kind for kind in view.case.dispatch.unit_kinds if (kind.rule, kind.kind) == proposal[1:])
    # The evidence of a forgotten report is empty.
    reason = next((kind.text for kind in found if kind.text), PROPOSAL_REASONS[proposal.reason])
    return proposal.unit.code, tree.path(proposal.unit.code), reason


def officers_of_case(parts: DeskPageParts, view: CaseProgressView) -> Sequence[Officer]:
    """Return the persons who see a case and may have it, by name."""
    case = view.case.case
    return _seeing(parts.officers(case.agency), parts.units.tree(case.agency), case.unit_code)


def _seeing(officers: Sequence[Officer], tree: UnitTree, unit: str) -> Sequence[Officer]:
    return [officer for officer in officers if not officer.unit or unit in tree.below(officer.unit)]
