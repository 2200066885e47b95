"""A share with its confidence interval."""

from math import sqrt

# Standard deviations of a normal distribution within which 95 % of it lies.
_Z = 1.96


def share_with_interval(part: int, total: int, weight: float = 1.0) -> dict[str, float]:
    """Return a share with its 95 % interval (Wilson).

    `weight` is how much each counts, below 1 where they do not vary independently of each other.
    """
    if not total:
        return {"value": 0.0, "low": 0.0, "high": 1.0}
    share, count = part / total, total * weight
    centre = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half_width = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return {"value": round(share, 3), "low": round(centre - half_width, 3), "high": round(centre + half_width, 3)}
