"""How well messages are told apart, and the learning of it.

`python -m bench.classification [FOLDER]` measures by cross-validation over the real messages below FOLDER (else
`/work/shared/data`): learned on four parts, judged on the fifth, near copies in one part. It prints one JSON object:
of each source how many were set aside and why, in percent with the bounds of Clopper and Pearson (95 %); the kinds
that an admin and the judge gave; how near to the threshold reports came; processor time per message (µs).

`python -m bench.classification train [FOLDER]` learns from all of them and rewrites the weights in
`config/data/kinds.csv`.
"""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.corpus import SOURCES, UNWANTED, Message, fold, load
from bench.learning import learn, write
from config.reference.classification_phrases import CLASSIFICATION_PHRASES, load_classification_rows
from config.reference.folder import SHIPPED_FOLDER
from messages.shapes import Channel, Kind
from normalize.classification.classifier import Classification, Classifier
from tests.support.stages import make_classifier

_SHARED = Path("/work/shared/data")
_OURS = SHIPPED_FOLDER
_FOLDS = 5
_HEAD = 7
# What a citizen may leave below a complaint, and an advertiser always does.
_CONTACT = "hub saya 080000000001"
_EVERYTHING = f"{_CONTACT} Rp 500.000 www.contoh.id"
_ROUNDS = 9
_DOUBT = 0.025


class Held(NamedTuple):
    """A message, and what a judge made of it that had not learned from it."""

    message: Message
    classification: Classification
    classifier: Classifier


def held_out(messages: Sequence[Message], folds: int = _FOLDS) -> Iterator[Held]:
    """Each message, judged as an SMS without a title by what was learned from the other parts."""
    cues = load_classification_rows()
    for part in range(folds):
        classifier = make_classifier(learn([message for message in messages if fold(message, folds) != part], cues))
        for message in messages:
            if fold(message, folds) == part:
                yield Held(message, classifier.classify(message.text, "", "sms"), classifier)


def main(folder: Path) -> dict[str, object]:
    """Measure; see the module."""
    messages = load(folder)
    held = list(held_out(messages))
    return {
        "set_aside": {source: _set_aside([one for one in held if one.message.source == source]) for source in SOURCES},
        "unwanted_caught": _share(
            [one.classification.reason is not None for one in held if one.message.source in UNWANTED]
        ),
        "highest_unprotected_reports": _highest(held),
        "kinds_admin_then_judge": _kinds(held),
        "stress_on_reports": _stress([one for one in held if one.message.source == "report"]),
        "microseconds": {source: _microseconds(messages, source) for source in SOURCES},
    }


def _set_aside(held: Sequence[Held]) -> dict[str, object]:
    reasons = Counter(one.classification.reason for one in held)
    groups = len({one.message.group for one in held})
    reasons_given = {reason: many for reason, many in reasons.most_common() if reason}
    return {
        "groups": groups,
        **_share([one.classification.reason is not None for one in held]),
        "reasons": reasons_given,
    }


def _share(answers: Sequence[bool]) -> dict[str, object]:
    yes, many = sum(answers), len(answers)
    low, high = bounds(yes, many)
    return {"of": many, "yes": yes, "percent": _percent(yes / many), "bounds": [_percent(low), _percent(high)]}


def bounds(yes: int, many: int) -> tuple[float, float]:
    """Between which shares the true one lies, at 95 % (Clopper and Pearson 1934)."""
    low = 0.0 if yes == 0 else _solve(lambda share: 1 - _at_most(yes - 1, many, share) - _DOUBT)
    high = 1.0 if yes == many else _solve(lambda share: _DOUBT - _at_most(yes, many, share))
    return low, high


def _at_most(yes: int, many: int, share: float) -> float:
    """How likely so many or fewer are, where each is with `share`; which is neither 0 nor 1."""
    return sum(
        math.exp(
            math.lgamma(many + 1)
            - math.lgamma(found + 1)
            - math.lgamma(many - found + 1)
            + found * math.log(share)
            + (many - found) * math.log1p(-share)
        )
        for found in range(yes + 1)
    )


def _solve(rising: Callable[[float], float]) -> float:
    low, high = 1e-12, 1 - 1e-12
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


def _highest(held: Sequence[Held]) -> list[float]:
    """The sums nearest to zero of reports in which nothing protects: how wide the margin is."""
    found = (one.classifier.match_phrases(one.message.text) for one in held if one.message.source == "report")
    return sorted((round(one.sums["unwanted"], 1) for one in found if not one.of_outcome("protects")), reverse=True)[:5]


def _kinds(held: Sequence[Held]) -> dict[str, dict[str, int]]:
    pairs = Counter((one.message.kind, one.classification.kind) for one in held)
    return {admin: {classifier: pairs[admin, classifier] for classifier in Kind} for admin in Kind}


def _stress(held: Sequence[Held]) -> dict[str, dict[str, object]]:
    """Reports as an SMS might hold them: only their beginning, and what looks like an advertiser's below it."""

    def aside(text: Callable[[Message], str], channel: Channel = "sms", *, titled: bool = False) -> dict[str, object]:
        judged = (
            one.classifier.classify(text(one.message), one.message.title if titled else "", channel) for one in held
        )
        return _share([one.reason is not None for one in judged])

    return {
        "first_words": aside(_head),
        "first_words_and_phone": aside(lambda message: f"{_head(message)} {_CONTACT}"),
        "first_words_phone_amount_link": aside(lambda message: f"{_head(message)} {_EVERYTHING}"),
        "whole_phone_amount_link": aside(lambda message: f"{message.text} {_EVERYTHING}"),
        "with_title_by_sms": aside(lambda message: message.text, titled=True),
        "with_title_by_form": aside(lambda message: message.text, "web", titled=True),
        "title_alone_by_x": aside(lambda message: message.title, "twitter"),
    }


def _head(message: Message) -> str:
    return " ".join(message.text.split()[:_HEAD])


def _microseconds(messages: Sequence[Message], source: str) -> float:
    classifier = make_classifier(load_classification_rows())
    texts = [message.text for message in messages if message.source == source]
    best = math.inf
    for _ in range(_ROUNDS):
        began = time.process_time()
        for text in texts:
            classifier.classify(text, "", "sms")
        best = min(best, time.process_time() - began)
    return round(best / len(texts) * 1e6, 1)


def _percent(share: float) -> float:
    return round(100 * share, 2)


if __name__ == "__main__":
    words = sys.argv[1:]
    training = words[:1] == ["train"]
    shared = Path(words[-1]) if len(words) > training else _SHARED
    if training:
        write(learn(load(shared), load_classification_rows()), _OURS / CLASSIFICATION_PHRASES)
    else:
        print(json.dumps(main(shared), indent=1))  # noqa: T201 - what a bench is for
