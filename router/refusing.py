"""Where a complaint goes that an institution says is not its own, and what oversight is told of it. Pure."""

from collections.abc import Container, Sequence

from router.registry import TRIAGE

# A complaint is passed on at most so often; then the national admin decides (triage).
MAX_HOPS = 4


def after_refusal(
    refused: Sequence[str], alternatives: Sequence[str], theirs: str | None, known: Container[str]
) -> tuple[str, str]:
    """The next door and the rule that chose it: never one that refused, and past the hop limit triage.

    `refused` are all doors tried, in order; `theirs` is the agency the last one thinks competent; `known` are the codes
    that are doors now. What triage names is not a guess but the national admin's decision: it holds past the limit, and
    even for one that refused.
    """
    if refused[-1] == TRIAGE and theirs is not None and theirs in known:
        return theirs, "named-by-triage"
    if len(refused) > MAX_HOPS:
        return TRIAGE, "hop-limit"
    if theirs is not None and theirs in known and theirs not in refused:
        return theirs, "named-by-refusal"
    for code in alternatives:
        # The registry may be another one than when the alternatives were found.
        if code not in refused and code in known:
            return code, "next-alternative"
    return TRIAGE, "no-alternative-left"
