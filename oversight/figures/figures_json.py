"""The figures as JSON: the keys of the definitions, numbers, and shares with numerator and denominator. Pure."""

from typing import Any

from oversight.figures.computation import Figures, Share

# Digits after the point of a share.
_DIGITS = 4


def figures_json(figures: Figures) -> dict[str, Any]:
    """Return the figures by the keys of the definitions, then what belongs to them. Declared shares come last.

    A share of no cases, and a time that too few cases have an end of, are `None`.
    """
    shares = {key: _share(share) for key, share in figures.shares.items()}
    shares["ping_pong"]["worst_pairs"] = [pair._asdict() for pair in figures.worst_pairs]
    days, published = figures.days_to_answer, figures.finished.published
    untouched, open_cases = figures.untouched_after_10_days, figures.open_cases
    satisfaction = figures.satisfaction
    return {
        "received": dict(figures.received),
        "cases": figures.cases,
        "no_reports": figures.no_reports,
        "duplicates_avoided": {
            "certain": figures.duplicates_avoided.certain,
            "confirmed": figures.duplicates_avoided.confirmed,
        },
        "forwarded_in_time": _share(figures.forwarded_in_time),
        "answered_in_time": _share(figures.answered_in_time),
        "days_to_answer": {
            "median": days.survival.median,
            "p90": days.survival.p90,
            "answered": days.answered,
            "unanswered": days.unanswered,
        },
        "finished_within_60_days": {
            **_share(figures.finished.within_60_days),
            "published": {"numerator": published.numerator, "denominator": published.denominator},
            "published_share": _rounded(published.share),
        },
        "oldest_open_days": open_cases.oldest_days,
        "open": open_cases.number,
        "overdue": open_cases.overdue,
        "three_times_overdue": open_cases.three_times_overdue,
        "untouched_after_10_days": {**_share(untouched.share), "still_untouched": untouched.still_untouched},
        "satisfaction": {
            "asked": _share(satisfaction.asked),
            "answered": _share(satisfaction.answered),
            "median": satisfaction.median,
            "distribution": {str(rating): number for rating, number in satisfaction.distribution.items()},
        },
        **shares,
        "clocks_version": figures.clocks_version,
        "calendar_version": figures.calendar_version,
        "is_provisional": figures.is_provisional,
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "numerator": share.numerator,
        "denominator": share.denominator,
        "censored": share.censored,
        "share": _rounded(share.share),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DIGITS)
