"""Words of states, kinds and dangers: complete, and each in one place."""

import ast
from collections import defaultdict
from typing import get_args

from bench.generated.translations import PAGES
from desk.acts.suggestions import SuggestionFault
from desk.read_model.case_rows import AgencyCaseState
from desk.read_model.case_view import EventKind
from messages.recommendation import RecommendationKind, RecommendationOutcome
from messages.replies.report_states import ReportState
from messages.shapes import Danger, Kind, Verdict
from pages.wording import cases, dangers, events, recommendations, suggestions
from tests.support.paths import ROOT


def test_everything_has_a_word() -> None:
    """No kind, state, event or danger is shown by its name in the program."""
    assert cases.KINDS.keys() == set(Kind)
    assert cases.CASE_STATES.keys() == set(get_args(AgencyCaseState))
    # The interface for programs names two kinds that no history has.
    assert events.EVENTS.keys() == set(get_args(EventKind)) - {"received", "joined"}
    assert cases.REPORT_STATES.keys() == set(get_args(ReportState))
    assert dangers.DANGERS.keys() == dangers.DANGER_ADVICE.keys() == set(get_args(Danger)) - {""}
    assert suggestions.FAULTS.keys() == set(get_args(SuggestionFault))
    assert recommendations.RECOMMENDATION_KINDS.keys() == set(get_args(RecommendationKind))
    assert recommendations.RECOMMENDATION_OUTCOMES.keys() == set(get_args(RecommendationOutcome))


def test_no_other_module_has_words_for_the_same_names() -> None:
    """A second table with the keys of one of these would show one person two words for a fact."""
    single = {
        "kinds": set(Kind),
        "states of a case": set(get_args(AgencyCaseState)),
        "states of a report": set(get_args(ReportState)),
        "verdicts in sentences": {"dispatched", *get_args(Verdict)},
        "dangers": set(get_args(Danger)) - {""},
        "kinds of recommendations": set(get_args(RecommendationKind)),
    }
    tables = defaultdict(set)
    for package in PAGES.packages:
        for path in (ROOT / package).rglob("*.py"):
            for names in map(_keys_of_words, ast.walk(ast.parse(path.read_text()))):
                for name, keys in single.items():
                    if names and names >= keys:
                        tables[name].add(path.relative_to(ROOT).as_posix())
    assert tables == {
        "kinds": {"pages/wording/cases.py"},
        "states of a case": {"pages/wording/cases.py"},
        "states of a report": {"pages/wording/cases.py"},
        "verdicts in sentences": {"pages/wording/events.py"},
        "dangers": {"pages/wording/dangers.py"},
        "kinds of recommendations": {"pages/wording/recommendations.py"},
    }


def test_a_report_without_a_title_is_headed_by_its_first_words() -> None:
    """The heading ends after a whole word; line breaks are spaces. A text of one endless word gives none."""
    assert cases.report_heading("Lampu mati", "Sejak Senin") == "Lampu mati"
    assert cases.report_heading("", "Lampu  mati\nsejak Senin.") == "Lampu mati sejak Senin."
    assert cases.report_heading("", "lubang " * 20) == "lubang " * 9 + "lubang …"
    assert cases.report_heading("", "") == cases.report_heading("", "a" * 71) == ""


def _keys_of_words(node: ast.AST) -> set[str]:
    """Return the keys of a dictionary literal whose values are marked texts; members of `Kind` by their values."""
    if not isinstance(node, ast.Dict) or not any(isinstance(value, ast.Call) for value in node.values):
        return set()
    constants = {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    members = {
        Kind[key.attr].value for key in node.keys if isinstance(key, ast.Attribute) and key.attr in Kind.__members__
    }
    return constants | members
