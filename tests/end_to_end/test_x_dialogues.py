"""Dialogues on X, written from the requirement: what the citizen reads in the thread, and where each post ends."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.simulator.timeline import Post
from config.settings import Settings
from tests.end_to_end.dialogues.dialogue import PAUSE_MINUTES, LabelledReports, Step, read_dialogues
from tests.end_to_end.dialogues.x_service import XService, running_x_service
from tests.support.arrival_ids import provider_id_of
from tests.support.databases import Databases

_DIALOGUES = read_dialogues("x_dialogues.toml")
# X turns a word with a scheme, and a word with a dot before two letters or more, into a link.
_LINK = re.compile(r"://|\w\.[a-z]{2,}", re.IGNORECASE)
_POST_CHARACTERS = 280


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, database: Databases, templates: Path) -> Iterator[XService]:
    """One running service for all dialogues."""
    home = tmp_path_factory.mktemp("x-dialogues")
    with database.settings(home) as database_values:
        settings = Settings.model_validate({"home": home, "secret_key": "dialogues " * 4, **database_values})
        with running_x_service(settings, templates) as running_service:
            yield running_service


class Dialogue:
    """One dialogue. Each letter is another account."""

    def __init__(self, service: XService, number: int) -> None:
        self._service = service
        self._number = number
        self._reports = LabelledReports()
        self._post_ids: dict[str, str] = {}

    def play(self, step: Step) -> list[str]:
        """Play one step and return what is wrong with its result."""
        service, reports = self._service, self._reports
        service.stages.clock.wait(step.get("after", 0))
        earlier = len(service.own_posts())
        if "agency" in step:
            service.stages.answer(reports.numbers[step["of"]], step["agency"], step["text"])
            label, case_faults = step["of"], list[str]()
        else:
            author = f"9{self._number:04}{ord(step.get('author', 'a')):04}"
            raw = service.post(reports.filled(step["post"]), author, self._post_ids.get(step.get("below", "")))
            complaint = service.stages.complaint_of(raw)
            post_id = provider_id_of(raw, service.stages.parts.sealer)
            label = step.get("label", f"post {post_id}")
            self._post_ids[label] = post_id
            reports.add(step.get("label"), raw, complaint)
            case_faults = [*reports.case_faults(step, complaint), *reports.holder_faults(step, service.stages)]
        service.send_replies()
        replies = service.own_posts()[earlier:]
        return [*case_faults, *self._reply_faults(step, label, replies)]

    def _reply_faults(self, step: Step, label: str, replies: Sequence[Post]) -> Iterator[str]:
        texts = [reply["text"] for reply in replies]
        for reply in replies:
            if reply["referenced_tweets"] != [{"type": "replied_to", "id": self._post_ids[label]}]:
                yield f"{reply['text']!r} is below {reply['referenced_tweets']}"
            if _LINK.search(reply["text"]):
                yield f"{reply['text']!r} has a link"
            if "note_tweet" in reply:
                yield f"{reply['text']!r} is longer than {_POST_CHARACTERS} characters"
            self._post_ids[f"{label}'s reply"] = reply["id"]
        if step.get("silent") and texts:
            yield f"{texts} instead of nothing"
        if len(texts) > 1 or ("reads" in step and not texts):
            yield f"{len(texts)} replies instead of one: {texts}"
        for text in texts:
            yield from self._reports.text_faults(text, step.get("reads", ()), step.get("not_read", ()))


@pytest.mark.slow
def test_dialogues_on_x(service: XService) -> None:
    """Each post ends in the case that a reader expects. Replies say what is true, below the post, without a link."""
    faults: list[str] = []
    for number, written in enumerate(_DIALOGUES):
        dialogue = Dialogue(service, number)
        for position, step in enumerate(written["step"], start=1):
            faults += [f"{written['title']}: step {position}: {fault}" for fault in dialogue.play(step)]
        service.stages.clock.wait(PAUSE_MINUTES)
    assert not faults, "\n".join(faults)
