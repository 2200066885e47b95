"""The form of a counter: the report of a citizen, and how it came to the counter."""

from typing import Literal, TypeAlias

from messages.payloads.submission import Submission

# `visit`: the citizen came. `call`: by telephone. `letter`: on paper.
CounterWay: TypeAlias = Literal["visit", "call", "letter"]


class CounterSubmission(Submission):
    """A report that an officer enters for a citizen. Nothing in it proves who the citizen is."""

    counter_way: CounterWay
