"""Fits the weights of the evidence again to decided cases, and compares the figures before and after. Writes nothing.

The cases are learned beside the shipped labelled reports. Every third case, and the half of the labelled reports that
is not for learning, only measure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from app.evaluation.example_faults import example_faults
from app.evaluation.routing_figures import DecidedReport, Judgement, routing_figures
from app.evaluation.routing_fit import Prior, RoutingExample, fit_weights, routing_example
from app.operations.learning.decided_cases import DecidedCase
from app.operations.learning.retraining_result import AgencyChange, FigureChange, Retraining
from messages.shapes import Report
from router.decide import decide
from router.evidence.evidence import Evidence
from router.rules import Rules
from router.scoring import MAX_WEIGHT, Weights

# Strength with which the weights are drawn to those in use, as a number of examples.
_PULL = 20.0
# Share of the decisions of persons that are wrong, assumed. A refusal against all evidence hardly counts.
_ERROR_RATE = 0.05
# A run changes a weight by at most this share of it, or by this much if that is more.
_MAX_SHARE, _MAX_CHANGE = 0.3, 0.3
# All refusals of one agency together count at most as so many examples: no agency can move the weights alone.
MAX_EXAMPLES_OF_REFUSER = 20
# Every so manieth case only measures.
_HELD_OUT_STEP = 3
_COMPARED = ("right", "within_three", "wrong", "triage", "nobody_to_triage")


class CaseReport(NamedTuple):
    """A decided case with its words, which stay in memory."""

    case: DecidedCase
    report: Report


class LabelledReport(Judgement, Protocol):
    """See `app.evaluation.routing_metrics.JudgedReport`."""

    def report(self) -> Report:
        """Return the report as the reader of its channel would read it."""
        ...


@dataclass(frozen=True, slots=True)
class CaseJudgement:
    """The decision about a case as a judgement, without its words."""

    institution: str
    kind: str
    is_decidable: bool = True

    @property
    def acceptable_agencies(self) -> frozenset[str]:
        """The agency that a person chose."""
        return frozenset((self.institution,))


def is_held_out(complaint_id: UUID) -> bool:
    """Return True for a case that only measures. It is the same in every run."""
    return complaint_id.int % _HELD_OUT_STEP == 0


def retrain(
    rules: Rules, cases: Sequence[CaseReport], learning: Sequence[LabelledReport], measuring: Sequence[LabelledReport]
) -> Retraining:
    """Return the weights that are learned from cases and labelled reports, and their effect on the other ones."""
    learned_cases = [item for item in cases if not is_held_out(item.case.complaint_id)]
    examples = [
        *(_labelled_example(rules, report) for report in learning),
        *(_case_example(rules, item, weight) for item, weight in _with_weights(learned_cases)),
    ]
    prior = Prior(rules.weights.by_kind, _PULL)
    by_kind = bounded_weights(fit_weights(examples, prior), rules.weights.by_kind)
    weights = Weights(by_kind, rules.weights.threshold)
    sets: dict[str, list[tuple[Judgement, Report]]] = {
        "cases": [(_judgement(case), report) for case, report in cases if is_held_out(case.complaint_id)],
        "labelled": [(labelled, labelled.report()) for labelled in measuring],
    }
    learned_rules = replace(rules, weights=weights)
    before = {name: _decided(reports, rules) for name, reports in sets.items()}
    after = {name: _decided(reports, learned_rules) for name, reports in sets.items()}
    return Retraining(
        weights,
        Counter(item.case.kind for item in learned_cases),
        {name: len(reports) for name, reports in sets.items()},
        [change for name in sets for change in _figure_changes(name, before[name], after[name])],
        list(_agency_changes(before["labelled"], after["labelled"])),
        (list(example_faults(rules)), list(example_faults(learned_rules))),
    )


def bounded_weights(learned: Mapping[str, float], current: Mapping[str, float]) -> dict[str, float]:
    """Return the learned weights, none farther from the current one than a run may change it."""
    bounds = {kind: max(_MAX_CHANGE, _MAX_SHARE * weight) for kind, weight in current.items()}
    lowest = {kind: max(weight - bounds[kind], 0.0) for kind, weight in current.items()}
    highest = {kind: min(weight + bounds[kind], MAX_WEIGHT) for kind, weight in current.items()}
    return {kind: round(min(max(learned[kind], lowest[kind]), highest[kind]), 3) for kind in current}


def example_json(rules: Rules, item: CaseReport) -> dict[str, Any]:
    """Return a case as an example that may be kept: id, kind, agency and numbers, no words."""
    example = _case_example(rules, item, 1.0)
    return {
        "complaint": str(item.case.complaint_id),
        "kind": item.case.kind,
        "agency": item.case.agency,
        "refused_by": list(item.case.refused_by),
        "strengths": {
            code: {kind: round(strength, 3) for kind, strength in kinds.items()}
            for code, kinds in sorted(example.strengths.items())
        },
    }


def _with_weights(cases: Sequence[CaseReport]) -> Iterable[tuple[CaseReport, float]]:
    """Yield the cases with the weights of their examples: less for those of an agency that refuses much."""
    refusals = Counter(item.case.refused_by[0] for item in cases if item.case.refused_by)
    for item in cases:
        count = refusals[item.case.refused_by[0]] if item.case.refused_by else 0
        yield item, min(1.0, MAX_EXAMPLES_OF_REFUSER / count) if count else 1.0


def _labelled_example(rules: Rules, report: LabelledReport) -> RoutingExample:
    evidence = rules.collect_evidence(report.report()).evidence
    return routing_example(evidence, report.acceptable_agencies, is_decidable=report.is_decidable)


def _case_example(rules: Rules, item: CaseReport, weight: float) -> RoutingExample:
    evidence = rules.collect_evidence(item.report).evidence
    example = routing_example(evidence, _institutions_of(item.case.agency, evidence, rules))
    return example._replace(weight=weight, error_rate=_ERROR_RATE)


def _institutions_of(agency: str, evidence: Iterable[Evidence], rules: Rules) -> Sequence[str]:
    """Return the institutions whose complaints the agency receives, of those with evidence."""
    receiving: Callable[[str], str] = rules.registry.receiving_agency
    return [piece.institution for piece in evidence if receiving(piece.institution) == agency]


def _judgement(case: DecidedCase) -> Judgement:
    return CaseJudgement(case.agency, case.kind)


def _decided(reports: Iterable[tuple[Judgement, Report]], rules: Rules) -> Sequence[DecidedReport]:
    return [(judged, decide(report, rules)) for judged, report in reports]


def _figure_changes(
    reports: str, before: Sequence[DecidedReport], after: Sequence[DecidedReport]
) -> Iterable[FigureChange]:
    """Yield the change of each figure: of all reports, of the calibration and of each kind; nothing without reports."""
    if not before:
        return
    former, current = routing_figures(before), routing_figures(after)
    for name in _COMPARED:
        if former[name]["of"]:
            yield FigureChange(reports, name, former[name]["value"], current[name]["value"])
    yield FigureChange(reports, "calibration_error", former["calibration_error"], current["calibration_error"])
    for kind, figure in former["by_kind"].items():
        yield FigureChange(reports, f"right, {kind}", figure["value"], current["by_kind"][kind]["value"])


def _agency_changes(before: Iterable[DecidedReport], after: Iterable[DecidedReport]) -> Iterable[AgencyChange]:
    """Yield the agencies of which more or fewer labelled reports go to an acceptable agency."""
    former, current = _right_by_institution(before), _right_by_institution(after)
    for code in sorted(former.keys() | current.keys()):
        if former[code] != current[code]:
            yield AgencyChange(code, former[code], current[code])


def _right_by_institution(decided: Iterable[DecidedReport]) -> Counter[str]:
    return Counter(judged.institution for judged, decision in decided if decision.agency in judged.acceptable_agencies)
