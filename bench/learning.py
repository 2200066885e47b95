"""Learning of the weights in `kinds.csv` from real messages. A person chooses the phrases."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.corpus import UNWANTED, Message
from bench.logistic import Example, WeightPrior, fit_weights
from config.reference.classification_phrases import ALWAYS, COLUMNS, LISTED, ClassificationRow
from messages.shapes import Kind
from tests.support.stages import make_classifier

# Strength for the row that is always present: the data alone decide how frequent a class is.
_FREQUENCY_STRENGTH = 0.05
# Added to the start of the sum that sets a message aside. With it, zero is the sum from which on nine of ten unwanted
# messages are set aside, and two below it is the sum of the last real report without a protecting word
# (`python -m bench.classification` shows both).
_UNWANTED_OFFSET = 0.75


def learn_weights(messages: Sequence[Message], rows: Sequence[ClassificationRow]) -> tuple[ClassificationRow, ...]:
    """Return the rows with learned weights between zero and twice the weight that a person gave.

    So learning neither invents nor reverses a row. Weights of wishes and of publicity are not learned: the admin's
    classification of wishes is too loose, and no report in the data is publicity.
    """
    classifier = make_classifier(rows)
    matched_rows = [classifier.match_phrases(message.text).rows for message in messages]
    weights: dict[str, dict[str, float]] = {}
    for outcome, strength, label in _LEARNED_OUTCOMES:
        priors = {row.name: _prior(row, strength) for row in rows if row.outcome == outcome}
        examples = [
            Example(
                dict.fromkeys((ALWAYS, *sorted(row.name for row in matches if row.outcome == outcome)), 1.0),
                answer,
                message.copies**-0.5,
            )
            for message, matches in zip(messages, matched_rows, strict=True)
            if (answer := label(message)) is not None
        ]
        weights[outcome] = fit_weights(examples, priors)
    weights["unwanted"][ALWAYS] += _UNWANTED_OFFSET
    return tuple(replace(row, weight=round(weights.get(row.outcome, {}).get(row.name, row.weight), 2)) for row in rows)


def write_rows(rows: Sequence[ClassificationRow], path: Path) -> None:
    """Write the table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            numbers = ("", "") if row.outcome in LISTED else (f"{row.given_weight:g}", f"{row.weight:g}")
            writer.writerow((row.outcome, *numbers, "|".join(row.phrases)))


def _prior(row: ClassificationRow, strength: float) -> WeightPrior:
    if row.name == ALWAYS:
        return WeightPrior(row.given_weight, _FREQUENCY_STRENGTH)
    bound = 2 * row.given_weight
    return WeightPrior(row.given_weight, strength, min(0.0, bound), max(0.0, bound))


def _is_unwanted(message: Message) -> bool:
    return message.source in UNWANTED


def _is_fraud(message: Message) -> bool | None:
    return message.source == "fraud" if message.source in UNWANTED else None


def _is_question(message: Message) -> bool | None:
    return None if message.kind is None else message.kind is Kind.PERMINTAAN_INFORMASI


# The learned outcomes, the strength of their priors, and the label of a message (None: the message has none). The
# admin's classification and the border between an advertisement and a fraud are matters of opinion: their priors are
# stronger.
_LEARNED_OUTCOMES: tuple[tuple[str, float, Callable[[Message], bool | None]], ...] = (
    ("unwanted", 1.0, _is_unwanted),
    ("fraud", 5.0, _is_fraud),
    ("question", 5.0, _is_question),
)
