"""Measures the decisions on labelled examples of one's own.

`python -m bench.evaluation duplicates FILE` prints precision, recall and F1 with 95 % intervals, by label, group and
source. Each line of the file: `{"label": repeat|joins|different, "a", "b"}`, with messages as for `satupintu explain
duplicates`, and optionally `group` and `source`.

`python -m bench.evaluation route FILE` prints how often the first agency is right, one of three is, none is; and the
quality of the confidence. Each line is one as for `satupintu explain route`, with `institution` and optionally
`acceptable`. The tables are the ones in use (`SATUPINTU_REFERENCE_FOLDER`).
"""

import json
import sys
from pathlib import Path
from typing import Any

from bench.evaluation.duplicate_metrics import measure_duplicates
from bench.evaluation.labelled_messages import LabelledPair
from bench.evaluation.routing_metrics import JudgedReport, measure_rules
from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
from config.reference.folder import ReferenceFolder
from config.settings import load
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection
from router.rules_loading import load_rules_of_folder


def main(task: str, file: Path) -> dict[str, Any]:
    """Return the figures of the decisions on the examples in a file."""
    folder = load().reference_folder
    if task == "route":
        return measure_rules(load_rules_of_folder(folder), JudgedReport.read(file))
    reference = ReferenceFolder(folder)
    weights = load_duplicate_weights(reference.table(DUPLICATE_WEIGHTS))
    detection = DuplicateDetection(load_language_model(reference), weights)
    return measure_duplicates(detection, LabelledPair.load_file(file))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2])), indent=2))  # noqa: T201
