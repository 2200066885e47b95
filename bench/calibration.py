"""Fits the calibration of the router's confidence, and shows it by tenths on reports that it was not fitted to.

`python -m bench.calibration` uses reports that neither the weights nor the tables were learned from: the held-out real
ones and the test halves of the invented ones. Each tenth part of them is measured with the fit of the others. The
fitted slope and offset belong into `router/scoring.py`; `triage` has those of the likeliest agency at triage. A real
report counts twice: the service gets real ones. A number as the argument limits the reports of each kind.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from math import exp, log
from typing import Any, NamedTuple

from bench.evaluation.routing_metrics import JudgedReport
from bench.reports import all_invented_reports, judged_reports
from config.reference.folder import SHIPPED
from language.model import load_language_model
from messages.topics import TRIAGE
from router.decide import decide, ranked_agencies
from router.rules import Rules
from router.rules_loading import load_rules
from router.scoring import MAX_CONFIDENCE

_REAL_WEIGHT = 2.0
_PARTS, _SEED = 10, 1708
_STEPS, _RATE, _PULL = 4000, 0.15, 0.5
_PRIOR_SLOPE, _PRIOR_OFFSET = 0.7, 0.3
_MAX_LOG_ODDS = 9.0
_TENTHS = 10


class Outcome(NamedTuple):
    """The log-odds of the likeliest agency of a report, True if it is right, and the weight of the report."""

    log_odds: float
    is_right: bool
    weight: float


def outcomes(
    rules: Rules, reports: Sequence[JudgedReport], weight: float, *, at_triage: bool = False
) -> Iterator[Outcome]:
    """Yield the outcome of each report that one agency clearly gets, or of the likeliest agency of those at triage."""
    for report in reports:
        candidates = ranked_agencies(rules.collect_evidence(report.report()), rules)
        best = next((candidate for candidate in candidates if candidate.institution != TRIAGE), None)
        is_unclear = best is not None and best.likelihood < rules.weights.threshold
        if best is not None and is_unclear == at_triage == decide(report.report(), rules).is_triage:
            is_right = rules.registry.receiving_agency(best.institution) in report.acceptable_agencies
            yield Outcome(_log_odds(best.likelihood), is_right, weight)


def fit_calibration(examples: Sequence[Outcome]) -> tuple[float, float]:
    """Return slope and offset of the log-odds, by gradient ascent with a weak prior; the prior without examples."""
    slope, offset = _PRIOR_SLOPE, _PRIOR_OFFSET
    total = max(sum(example.weight for example in examples), 1.0)
    for _ in range(_STEPS):
        slope_pull, offset_pull = -_PULL * (slope - _PRIOR_SLOPE), -_PULL * (offset - _PRIOR_OFFSET)
        for example in examples:
            error = example.weight * (example.is_right - _confidence(example, slope, offset))
            slope_pull += error * example.log_odds
            offset_pull += error
        slope, offset = slope + _RATE / total * slope_pull, offset + _RATE / total * offset_pull
    return slope, offset


def cross_fitted(examples: Sequence[Outcome]) -> Iterator[tuple[Outcome, float]]:
    """Yield each outcome with its confidence by the fit of the other nine parts."""
    order = list(examples)
    random.Random(_SEED).shuffle(order)  # noqa: S311 - the parts are no secret
    for part in range(_PARTS):
        rest = [example for position, example in enumerate(order) if position % _PARTS != part]
        slope, offset = fit_calibration(rest)
        yield from (
            (example, min(_confidence(example, slope, offset), MAX_CONFIDENCE)) for example in order[part::_PARTS]
        )


def figures(measured: Sequence[tuple[Outcome, float]]) -> dict[str, Any]:
    """Return for each tenth the average confidence, the share that is right and the number; and the expected error."""
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for outcome, confidence in measured:
        tenths.setdefault(int(confidence * _TENTHS), []).append((confidence, outcome.is_right))
    rows = {
        tenth / _TENTHS: (
            round(sum(confidence for confidence, _ in values) / len(values), 3),
            round(sum(is_right for _, is_right in values) / len(values), 3),
            len(values),
        )
        for tenth, values in sorted(tenths.items())
    }
    error = sum(count * abs(confidence - right) for confidence, right, count in rows.values()) / len(measured)
    return {"tenths": rows, "error": round(error, 4)}


def _confidence(example: Outcome, slope: float, offset: float) -> float:
    return 1 / (1 + exp(-(slope * example.log_odds + offset)))


def _log_odds(probability: float) -> float:
    bounded = min(probability, 1 - 1e-9)
    return min(log(bounded / (1 - bounded)), _MAX_LOG_ODDS)


def _main(limit: int | None = None) -> None:
    rules = load_rules(SHIPPED, load_language_model())
    invented = all_invented_reports(for_learning=False)[:limit]
    real_reports = judged_reports("heldout")[:limit]
    examples = [*outcomes(rules, real_reports, _REAL_WEIGHT), *outcomes(rules, invented, 1.0)]
    undecided = [
        *outcomes(rules, real_reports, _REAL_WEIGHT, at_triage=True),
        *outcomes(rules, invented, 1.0, at_triage=True),
    ]
    slope, offset = fit_calibration(examples)
    measured = list(cross_fitted(examples))
    real = [(outcome, confidence) for outcome, confidence in measured if outcome.weight == _REAL_WEIGHT]
    report = {
        "slope": round(slope, 2),
        "offset": round(offset, 2),
        "all": figures(measured),
        "real": figures(real),
        "triage": [round(value, 2) for value in fit_calibration(undecided)],
    }
    print(json.dumps(report, indent=2))  # noqa: T201


if __name__ == "__main__":
    _main(int(sys.argv[1]) if sys.argv[1:] else None)
