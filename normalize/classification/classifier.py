"""Tells a complaint from a suggestion and a question, and all three from what was not meant for us. Looks nothing up.

What a message says adds up, cue by cue (`config/data/kinds.csv`). To set a complaint aside is the worst error, so that
takes a sum above zero, several telling cues, and not one word by which people complain.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from config.reference.classification_phrases import ClassificationRow
from messages.shapes import Channel, Kind
from normalize.classification.phrase_matcher import PhraseMatcher, PhraseMatches
from normalize.classification.tokens import tokenize

Reason = Literal["promotion", "fraud", "publicity", "test", "greeting"]

# No advertisement is longer (characters). Of a longer message so much is read, for its kind, and none is set aside.
LONGEST = 1_000
# A mere test or greeting has no more words.
_FEW = 8
# "test 12345" counts; a longer number may be one of ours.
_COUNTING = 5
# A phone number, an amount and a link stand in complaints too: what a person gave less weight than this does not tell.
_TELLING = 1.0
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Classification:
    """What a message is.

    `reason` says why it is no complaint; None: it is one. `kind` is what its words say, None where the sender's own
    choice stands. `score` is the sum that decided, in log-odds above its threshold. `evidence` names cues of
    `kinds.csv`, the strongest first: never other words of the sender.
    """

    kind: Kind | None
    reason: Reason | None
    score: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """How far above zero a sum must be, and how many cues must tell, before a message is set aside.

    Far above (`alone`), one cue that tells is enough.
    """

    score: float
    telling: int
    alone: float = math.inf


_BAR = _Bar(0.0, 2, 1.5)
# A form or an app was opened, read and filled in.
_BAR_OF_A_FORM = _Bar(4.0, 4)


class Classifier:
    """Judges by `cues`, the rows of `kinds.csv`.

    `without_kind_choice` are the channels on which the sender has no field for the kind of report.
    """

    def __init__(self, cues: Iterable[ClassificationRow], without_kind_choice: Collection[Channel]) -> None:
        cues = tuple(cues)
        self._without_kind_choice = frozenset(without_kind_choice)
        self._test, self._greeting = _words(cues, "test"), _words(cues, "greeting")
        self._mere_words = self._test | self._greeting | _words(cues, "filler")
        self._phrases = PhraseMatcher([cue for cue in cues if cue.outcome not in {"test", "greeting", "filler"}])

    def classify(self, text: str, title: str, channel: Channel, *, keep: bool = False) -> Classification:
        """What a message is, by its cleaned words.

        `keep`: it has a picture or a file, or a proven sender continues a matter with it; then it is never set aside.
        """
        whole = f"{title}\n{text}" if title else text
        keep = keep or len(whole) > LONGEST
        words = tokenize(whole[:LONGEST], self._phrases)
        if not keep and (mere := self._mere(words)):
            return Classification(None, mere, 0.0, (mere,))
        found = self._phrases.match(words)
        by_form = channel not in self._without_kind_choice
        bar = _BAR_OF_A_FORM if by_form else _BAR
        protecting = found.of_group("protects")
        if not keep and not protecting and (aside := _aside(found, bar)):
            return aside
        kind, says = (None, "unwanted") if by_form else _kind(found)
        cues = tuple(f"protects:{cue.name}" for cue in protecting[:_NAMED]) or _names(found.of_group(says))
        return Classification(kind, None, found.sums[says], cues)

    def match_phrases(self, text: str) -> PhraseMatches:
        """What the phrases in a text say."""
        return self._phrases.match(tokenize(text[:LONGEST], self._phrases))

    def _mere(self, words: Sequence[str]) -> Literal["test", "greeting"] | None:
        """A test or a greeting, and not a word more."""
        if not 0 < len(words) <= _FEW:
            return None
        numbers = [word for word in words if word.isdigit()]
        if not self._mere_words.issuperset(word for word in words if word not in numbers):
            return None
        if not self._test.isdisjoint(words) and all(len(number) <= _COUNTING for number in numbers):
            return "test"
        return None if numbers or self._greeting.isdisjoint(words) else "greeting"


def _aside(found: PhraseMatches, bar: _Bar) -> Classification | None:
    """Return why a message is no complaint, where the sums are above the bar; `None` else."""
    for says in ("publicity", "unwanted"):
        score = found.sums[says]
        if score <= bar.score:
            continue
        cues = found.of_group(says)
        telling = sum(1 for cue in cues if cue.given_weight >= _TELLING)
        if telling >= (1 if score > bar.alone else bar.telling):
            unwanted: Reason = "fraud" if found.sums["fraud"] > 0 else "promotion"
            return Classification(None, unwanted if says == "unwanted" else "publicity", score, _names(cues))
    return None


def _kind(found: PhraseMatches) -> tuple[Kind, str]:
    """The kind, and the sum that speaks for it; a complaint where neither a question nor a wish is said."""
    question, wish = found.sums["question"], found.sums["wish"]
    if max(question, wish) <= 0:
        return Kind.PENGADUAN, "unwanted"
    return (Kind.ASPIRASI, "wish") if wish > question else (Kind.PERMINTAAN_INFORMASI, "question")


def _names(cues: Iterable[ClassificationRow]) -> tuple[str, ...]:
    speaking = sorted((cue for cue in cues if cue.weight > 0), key=lambda cue: -cue.weight)
    return tuple(cue.name for cue in speaking[:_NAMED])


def _words(cues: Iterable[ClassificationRow], says: str) -> frozenset[str]:
    return frozenset(word for cue in cues if cue.outcome == says for word in cue.phrases)
