"""The form of a counter: the report of a citizen, and how it came to the counter."""

from messages.payloads.submission import Submission
from messages.shapes import CounterWay, Report


class CounterSubmission(Submission):
    """A report that an officer enters for a citizen. Nothing in it proves who the citizen is."""

    counter_way: CounterWay

    def report(self) -> Report:
        """Return the part for the agency."""
        return super().report().model_copy(update={"counter_way": self.counter_way})
