"""Measures the decisions on labelled examples of one's own, and explains the duplicate search.

`python -m bench.evaluation duplicates FILE` prints precision, recall and F1 with 95 % intervals, by label, group and
source. Each line of the file: `{"label": repeat|joins|different, "a", "b"}`, with messages as for `explain`, and
optionally `group` and `source`.

`python -m bench.evaluation route FILE` prints how often the first agency is right, one of three is, none is; and the
quality of the confidence. Each line is one as for `satupintu explain route`, with `institution` and optionally
`acceptable`. The tables are the ones in use (`SATUPINTU_REFERENCE_FOLDER`).

`python -m bench.evaluation explain` reads messages as JSON lines in the order of arrival, and prints the relation of
each to the earlier ones at once. Each line: `{"id", "channel", "sender"?, "received_at"?, "title"?, "text",
"location"?, "address"?}`.
"""

import json
import sys
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from app.garbage_collection import exempt_loaded_objects
from bench.evaluation.duplicate_metrics import measure_duplicates
from bench.evaluation.explained_messages import explain_batches, read_batches
from bench.evaluation.labelled_messages import LabelledPair
from bench.evaluation.routing_metrics import JudgedReport, measure_rules
from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
from config.reference.folder import ReferenceFolder
from config.settings import load
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection
from router.rules_loading import load_rules_of_folder


def measure(task: str, file: Path) -> dict[str, Any]:
    """Return the figures of the decisions on the examples in a file."""
    if task == "route":
        return measure_rules(load_rules_of_folder(load().reference_folder), JudgedReport.read(file))
    return measure_duplicates(_detection(), LabelledPair.load_file(file))


def explain() -> None:
    """Print the decision on the message of each line of stdin, as soon as the line is there."""
    detection = _detection()
    exempt_loaded_objects()
    for explanation in explain_batches(detection, read_batches(cast("BufferedReader", sys.stdin.buffer))):
        print(json.dumps(explanation, ensure_ascii=False))  # noqa: T201


def _detection() -> DuplicateDetection:
    reference = ReferenceFolder(load().reference_folder)
    weights = load_duplicate_weights(reference.table(DUPLICATE_WEIGHTS))
    return DuplicateDetection(load_language_model(reference), weights)


if __name__ == "__main__":
    if sys.argv[1] == "explain":
        explain()
    else:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2])), indent=2))  # noqa: T201
