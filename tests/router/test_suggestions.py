"""A suggestion goes with the case from agency to agency until a person decides. It changes no decision."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from messages.shapes import KEPT_APART, Dispatch, Relation, Suggestion
from tests.router.test_corrections import KEMENKES, CorrectionHarness, correction, placements
from tests.router.test_linked import complaint_of, dispatches, id_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

TEXT = "Mohon PLN datang ke Kab. Sleman"


class SuggestionHarness(CorrectionHarness):
    """A router that gets complaints with suggestions, and the decisions about these."""

    def route_like(self, number: int, like: int, text: str = TEXT) -> Dispatch:
        """Route a complaint that is perhaps the same as another one; return its dispatch."""
        suggestion = Suggestion(of=id_of(like), score=0.8, evidence=("same-names",))
        (dispatch,) = dispatches(self.route(complaint_of(number, text).model_copy(update={"suggestion": suggestion})))
        return dispatch

    def deny(self, number: int, apart_from: int) -> list[Dispatch]:
        """Keep a complaint apart from another; return the dispatches."""
        denial = correction(number, Relation(evidence=(KEPT_APART,)), apart_from)
        return dispatches(self.route_record(self.correction_record(denial)))

    def refuse(self, dispatch: Dispatch) -> Dispatch:
        """Let the agency refuse; return the next dispatch."""
        return dispatches(self.route_answer(dispatch))[0]


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> SuggestionHarness:
    """A router on each kind of database."""
    return SuggestionHarness(make_router(engine, fixed_rules_source(), now))


def test_a_suggestion_changes_nothing_but_itself(router: SuggestionHarness) -> None:
    """Agency, reasons and deadline are those of the same complaint without it. Later hops carry it on."""
    router.route_new("Mohon PLN datang", 1)
    (plain,) = dispatches(router.route(complaint_of(2, TEXT)))
    suggested = router.route_like(3, 1)
    names = ("id", "message_id", "complaint_id", "tracking", "suggestion")
    assert suggested.model_dump(exclude=set(names)) == plain.model_dump(exclude=set(names))
    assert suggested.suggestion == Suggestion(of=id_of(1), score=0.8, evidence=("same-names",))
    assert router.refuse(suggested).suggestion == suggested.suggestion


def test_a_confirmed_suggestion_is_on_no_later_hop(router: SuggestionHarness) -> None:
    """The merged complaint has none, neither beside its case nor after a split."""
    router.route_new("Kemenkes tolong", 1)
    router.route_like(2, 1)
    (merged,) = router.merge(2, of=1)
    assert (merged.agency, merged.own_case, merged.suggestion) == (KEMENKES, False, None)
    (split_dispatch,) = router.split(2)
    assert split_dispatch.suggestion is None


def test_a_merge_the_other_way_settles_the_suggestion(router: SuggestionHarness) -> None:
    """The case that the suggested one was merged into suggests nothing at its next agency, also after a split."""
    router.route_new("Kemenkes tolong", 1)
    suggested = router.route_like(2, 1)
    router.merge(1, of=2)
    moved = router.refuse(suggested)
    assert (moved.complaint_id, moved.suggestion) == (id_of(2), None)
    router.split(1, apart_from=2)
    assert router.refuse(moved).suggestion is None


def test_a_denial_moves_nothing_and_ends_the_suggestion(router: SuggestionHarness) -> None:
    """Both cases stay where they are. The next hop has no suggestion. The same denial again changes nothing."""
    router.route_new("Mohon PLN datang", 1)
    suggested = router.route_like(2, 1)
    assert router.deny(2, apart_from=1) == []
    assert router.deny(2, apart_from=1) == []
    assert router.refuse(suggested).suggestion is None
    # Another suggestion for another complaint is open.
    assert router.refuse(router.route_like(3, 1)).suggestion is not None


@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_denial_after_a_merge_splits(router: SuggestionHarness, is_reverse: bool) -> None:  # noqa: FBT001 - a case
    """A merge that another person made meanwhile does not stand: the two are kept apart."""
    router.route_new("Kemenkes tolong", 1)
    router.route_like(2, 1)
    router.merge(1, of=2) if is_reverse else router.merge(2, of=1)
    (split_dispatch,) = router.deny(2, apart_from=1)
    number, agency = (1, KEMENKES) if is_reverse else (2, "bumn-pln")
    assert placements([split_dispatch]) == {id_of(number): (agency, 2, None, True)}
    assert split_dispatch.relation.evidence == (KEPT_APART,)


def test_a_denial_leaves_a_third_case_together(router: SuggestionHarness) -> None:
    """A complaint that joined another case stays there when it is kept apart from a third complaint."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 2)
    router.route_like(3, 2)
    router.merge(3, of=1)
    assert router.deny(3, apart_from=2) == []
