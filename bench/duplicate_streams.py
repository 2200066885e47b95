"""Decisions of the duplicate search on streams of reports whose matters are known.

The reports arrive one after another, as in operation: each is compared with the earlier reports that the search finds.
`tests/data/streams/README.md` describes the files.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.assembly.channels import InstalledChannelName
from app.explanation.reading import ExplainedMessage
from bench.evaluation.confidence_interval import share_with_interval
from bench.evaluation.explained_messages import explain_messages, read_comparable
from bench.evaluation.labelled_messages import LabelledPair
from config.reference.regions import Regions
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.factory import DuplicateDetection

# Channels on which somebody proves who sends. A name in a web form proves nothing.
_PROVING_CHANNELS = frozenset({"sms", "twitter", "mobile"})
_REPEAT_KINDS = frozenset({"copy", "edited-copy", "told-again"})

ReportKind = Literal["first", "neighbour", "alone", "copy", "edited-copy", "told-again", "campaign", "other-words"]


class StreamReport(BaseModel):
    """A report of a stream: one JSON object in a line, ordered by time. `region` is the code that a form carries."""

    model_config = ConfigDict(extra="ignore")

    id: str
    time: AwareDatetime
    channel: InstalledChannelName | Literal["open311"]
    sender: str = ""
    region: str | None = None
    title: str = ""
    text: str
    address: str = ""
    matter: str
    kind: ReportKind

    @classmethod
    def load_file(cls, path: Path) -> list["StreamReport"]:
        """Return the reports in a file. Raises `OSError`, and `ValueError` naming the field."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]

    def message(self, regions: Regions) -> ExplainedMessage:
        """Return the message as the channel delivers it: with the name of the region, and a sender if it is proven."""
        region = regions.get(self.region) if self.region else None
        return ExplainedMessage(
            id=self.id,
            # Open311 is a door of the channel web.
            channel="web" if self.channel == "open311" else self.channel,
            sender=self.sender if self.channel in _PROVING_CHANNELS else "",
            received_at=self.time,
            title=self.title,
            text=self.text,
            address=self.address,
            location=region.name if region else "",
        )


@dataclass(frozen=True, slots=True)
class StreamDecision:
    """A decision on a report. `is_near` says if the report is near to a member of the case that it was merged into.

    `has_earlier` is set if an earlier report is of the same matter, `is_right` if the case or suggestion is of it.
    """

    report: StreamReport
    decision: str
    related_id: str
    score: float
    is_near: bool
    has_earlier: bool
    is_right: bool

    @property
    def is_merged(self) -> bool:
        """True if the normalizer merges the report on its own."""
        return self.decision in {"repeat", "joins"}


def decide_stream(
    detection: DuplicateDetection, reports: Sequence[StreamReport], regions: Regions
) -> Iterator[StreamDecision]:
    """Yield the decision on each report, in the order of arrival."""
    messages = {report.id: report.message(regions) for report in reports}
    matters = {report.id: report.matter for report in reports}
    members: dict[str, list[str]] = defaultdict(list)
    earlier_matters: set[str] = set()
    for report, explanation in zip(reports, explain_messages(detection, messages.values()), strict=True):
        related_id = explanation["of"] or ""
        is_merged = explanation["decision"] in {"repeat", "joins"}
        case_members = [messages[member] for member in (related_id, *members[related_id])] if is_merged else []
        yield StreamDecision(
            report=report,
            decision=explanation["decision"],
            related_id=related_id,
            score=explanation["score"],
            is_near=any(_is_near(detection, messages[report.id], member) for member in case_members),
            has_earlier=report.matter in earlier_matters,
            is_right=bool(related_id) and matters[related_id] == report.matter,
        )
        earlier_matters.add(report.matter)
        if is_merged:
            members[related_id].append(report.id)


def pair_stream(
    detection: DuplicateDetection, reports: Sequence[StreamReport], regions: Regions
) -> Iterator[LabelledPair]:
    """Yield each report with each earlier one under a key of the search, labelled by their matters."""
    earlier: list[tuple[StreamReport, ExplainedMessage, frozenset[int]]] = []
    for report in reports:
        message = report.message(regions)
        keys = detection.reader.lookup_keys(read_comparable(detection, message))
        for earlier_report, earlier_message, stored_keys in earlier:
            if not stored_keys.isdisjoint(keys.search_keys):
                label: Literal["joins", "different"] = (
                    "joins" if report.matter == earlier_report.matter else "different"
                )
                yield LabelledPair(group=report.matter, label=label, a=earlier_message, b=message)
        earlier.append((report, message, frozenset(keys.stored_keys)))


def _is_near(detection: DuplicateDetection, first: ExplainedMessage, second: ExplainedMessage) -> bool:
    pair = ComplaintPair(
        read_comparable(detection, first), read_comparable(detection, second), detection.language.word_frequencies
    )
    return pair.is_near


def measure_stream(decisions: Iterable[StreamDecision]) -> dict[str, Any]:
    """Return the precision of merges and suggestions, and what became of the reports with an earlier one.

    `merges` are the program's own, apart for near copies and other words, for repeats and joins.
    `later_reports` are those with an earlier report of the same matter: merged with it, suggested, or lost.
    """
    decisions = list(decisions)
    merged = [decision for decision in decisions if decision.is_merged]
    suggested = [decision for decision in decisions if decision.decision == "likely"]
    later = [decision for decision in decisions if decision.has_earlier]
    return {
        "reports": len(decisions),
        "merges": {
            "near": _share_right(decision for decision in merged if decision.is_near),
            "other_words": _share_right(decision for decision in merged if not decision.is_near),
            "repeat": _share_right(decision for decision in merged if decision.decision == "repeat"),
            "joins": _share_right(decision for decision in merged if decision.decision == "joins"),
        },
        "suggestions": _share_right(suggested),
        "later_reports": {
            "all": _outcomes(later),
            "repeats": _outcomes([decision for decision in later if decision.report.kind in _REPEAT_KINDS]),
            "joins": _outcomes([decision for decision in later if decision.report.kind not in _REPEAT_KINDS]),
            "by_kind": {
                kind: _outcomes([decision for decision in later if decision.report.kind == kind])
                for kind in sorted({decision.report.kind for decision in later})
            },
        },
    }


def _share_right(decisions: Iterable[StreamDecision]) -> dict[str, float]:
    outcomes = Counter(decision.is_right for decision in decisions)
    return {"count": outcomes.total(), **share_with_interval(outcomes[True], outcomes.total())}


def _outcomes(decisions: Sequence[StreamDecision]) -> Mapping[str, float]:
    """Return the share of reports that were merged with their matter, of those merged or suggested, and the counts."""
    certain = sum(decision.is_merged and decision.is_right for decision in decisions)
    likely = sum(decision.decision == "likely" and decision.is_right for decision in decisions)
    count = len(decisions)
    return {
        "count": count,
        "certain": certain,
        "likely": likely,
        "lost": count - certain - likely,
        "recall": round(certain / count, 3) if count else 0.0,
        "recall_with_likely": round((certain + likely) / count, 3) if count else 0.0,
    }
