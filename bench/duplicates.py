"""Training and measurement of the duplicate search on labelled pairs.

`python -m bench.duplicates train` learns the weights and writes `config/data/duplicate_weights.csv`
(`bench/duplicate_training.py`).
`python -m bench.duplicates cross` measures other words on authors that no weight was learned from.
`python -m bench.duplicates` measures on the test files of `tests/data/pairs`; no weight was learned from these. The
pairs of `patterns-test.jsonl` have the pattern of real reports that they show as their source.
`python -m bench.duplicates streams` decides the streams of `tests/data/streams` report by report.
`python -m bench.duplicates real FILE` measures on the real pairs of `real.csv`. Their texts (`tracking_id`, `title`,
`text`) are not part of the project.
"""

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from app.explanation.reading import ExplainedMessage
from bench.duplicate_streams import StreamReport, decide_stream, measure_stream
from bench.duplicate_training import (
    PAIRS,
    STREAMS,
    LearningPair,
    load_learning_pairs,
    load_pairs,
    score_held_out,
    train,
)
from bench.evaluation.confidence_interval import share_with_interval
from bench.evaluation.duplicate_metrics import measure_duplicates
from bench.evaluation.labelled_messages import LabelledPair
from config.reference.duplicate_weights import DuplicateWeights, load_duplicate_weights
from config.reference.regions import load_regions
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection

_WEIGHTS_FILE = Path(__file__).parent.parent / "config" / "data" / "duplicate_weights.csv"


def cross_validate(detection: DuplicateDetection) -> dict[str, object]:
    """Return precision and recall at the thresholds in force, by author, from weights of the other authors."""
    pairs = load_learning_pairs(detection)
    copies = [pair for pair in pairs if pair.is_near]
    other_words = [pair for pair in pairs if not pair.is_near]
    return {
        "copies": _measure_by_author(score_held_out(copies), detection.weights.copies.certain),
        "other_words": _measure_by_author(score_held_out(other_words), detection.weights.other_words.certain),
    }


def _measure_by_author(scored_pairs: Iterable[tuple[LearningPair, float]], threshold: float) -> dict[str, object]:
    outcomes: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for pair, score in scored_pairs:
        outcomes[pair.author][score >= threshold and not pair.is_doubtful, pair.is_same_matter] += 1
    return {
        author: {
            "precision": share_with_interval(counts[True, True], counts[True, True] + counts[True, False]),
            "recall": share_with_interval(counts[True, True], counts[True, True] + counts[False, True]),
        }
        for author, counts in outcomes.items()
    }


def measure_streams(detection: DuplicateDetection) -> dict[str, object]:
    """Return the figures of each stream. Weights were learned from the `-train` halves."""
    regions = load_regions()
    return {
        path.stem: measure_stream(decide_stream(detection, StreamReport.load_file(path), regions))
        for path in sorted(STREAMS.glob("*.jsonl"))
    }


def _write_weights(weights: DuplicateWeights) -> None:
    scales = (weights.copies, weights.other_words)
    names = sorted({name for scale in scales for name, weight in scale.weights.items() if weight})
    with _WEIGHTS_FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("feature", "copies", "other_words"))
        writer.writerow(("start", *(scale.prior for scale in scales)))
        writer.writerow(("certain", *(scale.certain for scale in scales)))
        writer.writerow(("likely", *(scale.likely for scale in scales)))
        writer.writerows((name, *(scale.weights.get(name) or "" for scale in scales)) for name in names)


def measure_real_pairs(detection: DuplicateDetection, texts_file: Path) -> dict[str, object]:
    """Return the metrics of the real pairs of which both texts are in the file. Their times are unknown."""
    messages = {
        row["tracking_id"]: ExplainedMessage(id=row["tracking_id"], title=row["title"], text=row["text"])
        for row in _read_rows(texts_file)
    }
    pairs = [
        LabelledPair.model_validate({"label": row["label"], "a": messages[row["id_a"]], "b": messages[row["id_b"]]})
        for row in _read_rows(PAIRS / "real.csv")
        if row["id_a"] in messages and row["id_b"] in messages
    ]
    return measure_duplicates(detection, pairs)


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(task: str, texts_file: str = "") -> dict[str, object]:
    """Run a task; return the output."""
    detection = DuplicateDetection(load_language_model(), load_duplicate_weights())
    if task == "real":
        return measure_real_pairs(detection, Path(texts_file))
    if task == "train":
        _write_weights(train(detection))
        return {"written": _WEIGHTS_FILE.name}
    if task == "cross":
        return cross_validate(detection)
    if task == "streams":
        return measure_streams(detection)
    return {
        name: measure_duplicates(detection, load_pairs(name))
        for name in ("test", "candidates-test", "closing-test", "patterns-test")
    }


if __name__ == "__main__":
    print(json.dumps(main("".join(sys.argv[1:2]), *sys.argv[2:3]), indent=2))  # noqa: T201
