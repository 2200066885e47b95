"""Twenty dialogues by SMS, written from the requirement: what the sender reads, and where each message ends."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import Complaint
from tests.end_to_end.sms_service import TOKEN, SmsService, running_sms_service

_DIALOGUES = tomllib.loads((Path(__file__).parent / "sms_dialogues.toml").read_text())["dialogue"]
_PLACEHOLDER = re.compile(r"\{([A-Z])(!?)\}")
# Days between two dialogues, so that none is within the periods of another.
_PAUSE_MINUTES = 60 * 24 * 40


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, tables: Path, templates: Path) -> Iterator[SmsService]:
    """One running service for all dialogues."""
    home = tmp_path_factory.mktemp("sms-dialogues")
    settings = Settings.model_validate({"home": home, "secret_key": "dialogues " * 4, "twilio_auth_tokens": TOKEN})
    with running_sms_service(settings, tables, templates) as running_service:
        yield running_service


class Dialogue:
    """One dialogue. Each letter is another telephone number."""

    def __init__(self, service: SmsService, number: int) -> None:
        self._service = service
        self._number = number
        self._complaints: dict[str, Complaint] = {}
        self._numbers: dict[str, str] = {}

    def play(self, step: Mapping[str, Any]) -> list[str]:
        """Play one step and return what is wrong with its result."""
        self._service.clock.wait(step.get("after", 0))
        if "agency" in step:
            self._service.answer(self._numbers[step["of"]], step["agency"], step["text"])
            return []
        phone = f"+62811{self._number:04}{ord(step.get('sender', 'a')):04}"
        raw, answer = self._service.send(self._filled(step["sms"]), phone)
        complaint = self._service.complaint_of(raw)
        if label := step.get("label"):
            self._numbers[label] = raw.tracking
            if complaint:
                self._complaints[label] = complaint
        return [*self._answer_faults(step, answer), *self._case_faults(step, complaint)]

    def _answer_faults(self, step: Mapping[str, Any], answer: str) -> Iterator[str]:
        lower_answer = answer.casefold()
        for part in step.get("hears", ()):
            if self._filled(part).casefold() not in lower_answer:
                yield f"{answer!r} lacks {part!r}"
        for part in step.get("not_heard", ()):
            if self._filled(part).casefold() in lower_answer:
                yield f"{answer!r} contains {part!r}"
        if step.get("silent") and answer:
            yield f"{answer!r} instead of nothing"
        if not fits_one_sms(answer):
            yield f"{answer!r} is more than one SMS"

    def _case_faults(self, step: Mapping[str, Any], complaint: Complaint | None) -> Iterator[str]:
        case, expected_act = step.get("case"), step.get("act", "reports")
        if (case == "none") != (complaint is None) and case:
            yield f"case {case}, but the complaint is {complaint and complaint.relation}"
        if complaint is None or not case:
            return
        if case == "own" and complaint.relation.kind == "repeat":
            yield f"repeats by {complaint.relation.evidence}"
        if case in self._complaints and complaint.relation.of != self._complaints[case].id:
            yield f"belongs to {complaint.relation} and not to {case}"
        if complaint.follow_up.act != expected_act:
            yield f"act {complaint.follow_up.act}"
        for flag, value in (("anonim", step.get("anonymous")), ("rahasia", step.get("confidential"))):
            if value is not None and getattr(complaint.report, flag) != value:
                yield f"{flag} is not {value}"

    def _filled(self, text: str) -> str:
        def number(match: re.Match[str]) -> str:
            tracking = self._numbers[match[1]]
            return tracking.replace("-", "") if match[2] else tracking

        return _PLACEHOLDER.sub(number, text)


@pytest.mark.slow
def test_there_are_twenty_dialogues(service: SmsService) -> None:
    """Every answer is one SMS and says what is true; every message ends in the case that a reader expects."""
    assert len(_DIALOGUES) == 20
    faults = []
    for number, written in enumerate(_DIALOGUES):
        dialogue = Dialogue(service, number)
        for position, step in enumerate(written["step"]):
            faults += [f"{written['title']}: step {position + 1}: {fault}" for fault in dialogue.play(step)]
        service.clock.wait(_PAUSE_MINUTES)
    assert not faults, "\n".join(faults)
