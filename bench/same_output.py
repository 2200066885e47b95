"""Prints what the program reads in 2,000 reports and decides about them, to be compared between two versions.

`python -m bench.same_output > after.jsonl` in each version, then `cmp before.jsonl after.jsonl`: a change of speed
leaves all bytes as they are. For each report it prints the stored comparable form with its lookup keys, the relation
to the earlier reports, the comparison with its neighbours in full (score and evidence), and the routing. The reports
are those of `tests/data/streams/` and invented ones (`bench.stream`). `python -m bench.same_output FOLDER` adds the
real reports below a folder like `/work/shared/data`; their texts are not printed.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.explanation.reading import ExplainedMessage
from app.explanation.routing import ReportLine, explain_report
from bench.corpus import load_messages
from bench.duplicate_streams import StreamReport
from bench.evaluation.explained_messages import explain_messages, read_comparable
from bench.stream import ReportStream
from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.folder import SHIPPED_FOLDER
from language.model import LanguageModel, load_language_model
from normalize.duplicates.comparable import pack_comparable
from normalize.duplicates.factory import DuplicateDetection
from router.rules import Rules
from router.rules_loading import load_rules_of_folder

_STREAMS = Path(__file__).parent.parent / "tests" / "data" / "streams"
_INVENTED_REPORTS = 1_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
# Each report is compared with this many of the reports before it, also if the search does not find them.
_NEIGHBOURS = 3


def main(folder: Path | None = None) -> None:
    """Print one line of JSON for each report and step."""
    language, rules = load_language_model(), load_rules_of_folder(SHIPPED_FOLDER)
    detection = DuplicateDetection(language, load_duplicate_weights(), b"bench")
    for messages in (*_stream_messages(language), _invented_messages(), _real_messages(folder) if folder else []):
        for line in (*_duplicate_lines(detection, messages), *_routing_lines(rules, messages)):
            print(json.dumps(line, sort_keys=True))  # noqa: T201


def _duplicate_lines(detection: DuplicateDetection, messages: Sequence[ExplainedMessage]) -> Iterator[dict[str, Any]]:
    yield from explain_messages(detection, messages)
    comparables = [read_comparable(detection, message) for message in messages]
    for number, (message, comparable) in enumerate(zip(messages, comparables, strict=True)):
        keys = detection.matcher.lookup_keys(comparable)
        form = pack_comparable(comparable).hex()
        yield {"id": message.id, "form": form, "search": keys.search_keys, "stored": keys.stored_keys}
        for neighbour in comparables[max(0, number - _NEIGHBOURS) : number]:
            yield {"id": message.id, "verdict": repr(detection.comparator.compare(neighbour, comparable))}


def _routing_lines(rules: Rules, messages: Iterable[ExplainedMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        line = ReportLine(id=message.id, title=message.title, text=message.text, location=message.location)
        yield explain_report(rules, line.model_copy(update={"channel": message.channel}))


def _stream_messages(language: LanguageModel) -> Iterator[list[ExplainedMessage]]:
    for path in sorted(_STREAMS.glob("*.jsonl")):
        yield [report.message(language.regions) for report in StreamReport.load_file(path)]


def _invented_messages() -> list[ExplainedMessage]:
    return [
        ExplainedMessage(
            id=f"invented-{number}",
            sender=report.sender,
            received_at=_START + timedelta(minutes=number),
            title=report.title,
            text=report.text,
            address=report.address,
        )
        for number, report in enumerate(ReportStream(4).take(_INVENTED_REPORTS))
    ]


def _real_messages(folder: Path) -> list[ExplainedMessage]:
    reports = (message for message in load_messages(folder) if message.source == "report")
    return [
        ExplainedMessage(id=f"real-{number}", title=report.title, text=report.text, received_at=_START)
        for number, report in enumerate(reports)
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
