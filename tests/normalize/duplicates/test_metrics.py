"""Metrics over labelled pairs and their judgements."""

from app.explanation.reading import ExplainedMessage
from bench.evaluation.duplicate_metrics import summarize_judgements
from bench.evaluation.labelled_messages import LabelledPair


def judged_pairs(*rows: tuple[str, str, str, bool]) -> list[tuple[LabelledPair, bool]]:
    """Return pairs of a group, a source and a label, each with its judgement: one matter or not."""
    message = ExplainedMessage(id="1", text="a")
    return [
        (
            LabelledPair.model_validate({"group": group, "source": source, "label": label, "a": message, "b": message}),
            is_one_matter,
        )
        for group, source, label, is_one_matter in rows
    ]


def test_shares_over_pairs() -> None:
    """Precision and recall over pairs, the recall of each label, and the same for each source."""
    metrics = summarize_judgements(
        judged_pairs(
            ("1", "sms", "repeat", True),
            ("1", "sms", "joins", False),
            ("2", "web", "different", True),
            ("2", "web", "joins", True),
        )
    )
    assert (metrics["precision"]["value"], metrics["recall"]["value"]) == (0.667, 0.667)
    recall_by_label = {label: share["value"] for label, share in metrics["recall_by_label"].items()}
    assert recall_by_label == {"repeat": 1, "joins": 0.5}
    assert metrics["groups"]["all"] == 2
    assert metrics["by_source"]["web"]["precision"]["value"] == 0.5


def test_pairs_of_one_group_count_less() -> None:
    """Twenty pairs that are right or wrong together give a wider interval than twenty independent ones."""
    independent_pairs = judged_pairs(*((str(number), "", "joins", number % 2 == 0) for number in range(20)))
    grouped_pairs = judged_pairs(*((str(number % 4), "", "joins", number % 2 == 0) for number in range(20)))
    independent, grouped = (summarize_judgements(pairs)["recall"] for pairs in (independent_pairs, grouped_pairs))
    assert independent["value"] == grouped["value"] == 0.5
    assert grouped["high"] - grouped["low"] > independent["high"] - independent["low"] > 0.3
