"""Tolerances of learned weights: how much each figure may fall. Pure."""

from collections.abc import Iterator, Mapping

from app.operations.learning.retraining_result import AgencyChange, FigureChange, Retraining

# The most by which a figure may become worse. Of few reports, one report is always allowed.
TOLERANCES: Mapping[str, float] = {
    "right": 0.01,
    "within_three": 0.01,
    "wrong": 0.01,
    "nobody_to_triage": 0.03,
    "calibration_error": 0.02,
}
_SMALLER_IS_BETTER = frozenset(("wrong", "calibration_error"))
# An agency may lose this share of its labelled reports, and one report in any case.
_MAX_LOST_SHARE = 0.1


def excesses(retraining: Retraining) -> Iterator[str]:
    """Yield a sentence for each figure that becomes worse than it may."""
    for change in retraining.figures:
        if change.name in TOLERANCES and _worsening(change) > _allowed(change, retraining.sizes[change.reports]):
            yield (
                f"{change.name} of the {change.reports} goes from {change.before:.3f} to {change.after:.3f}; "
                f"the tolerance is {_allowed(change, retraining.sizes[change.reports]):.3f}"
            )
    former_faults, faults = retraining.lost_examples
    if len(faults) > len(former_faults):
        new_faults = "; ".join(fault for fault in faults if fault not in former_faults)
        yield f"{len(faults)} examples of rows are not decided by their row, {len(former_faults)} before: {new_faults}"
    for agency in retraining.agencies:
        if _loses_too_much(agency):
            yield f"{agency.agency} gets {agency.after} of {agency.before} labelled reports that it got before"


def _worsening(change: FigureChange) -> float:
    difference = change.after - change.before
    return difference if change.name in _SMALLER_IS_BETTER else -difference


def _allowed(change: FigureChange, size: int) -> float:
    # A figure has three places: the rounding counts for nothing.
    return max(TOLERANCES[change.name], 1 / max(size, 1)) + 0.001


def _loses_too_much(change: AgencyChange) -> bool:
    return change.before - change.after > max(1.0, _MAX_LOST_SHARE * change.before)
