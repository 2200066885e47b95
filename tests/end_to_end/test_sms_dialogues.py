"""Dialogues by SMS, written from the requirement: what the sender reads, and where each message ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from messages.gsm_alphabet import fits_one_sms
from tests.bus.kafka.fixture import new_node
from tests.end_to_end.dialogues.dialogue import PAUSE_MINUTES, LabelledReports, Step, WrittenDialogue, read_dialogues
from tests.end_to_end.dialogues.sms_service import SmsService, running_sms_service
from tests.support.databases import Databases

_DIALOGUES = read_dialogues("sms_dialogues.toml")
# Channel of a step that is no SMS, by its name in the step.
_CHANNELS = {"web": "web", "app": "mobile"}
# A code in an answer. Tracking numbers have no six digits in a row.
_CODE = re.compile(r"\b[0-9]{6}\b")


@pytest.fixture(scope="module")
def bootstrap(formatted: Path) -> Iterator[str]:
    """`host:port` of a broker of its own: the topics of all agencies would burden the tests that share one."""
    node = new_node(formatted)
    node.start()
    try:
        yield node.bootstrap
    finally:
        node.close()


@pytest.fixture(
    scope="module", params=["local", pytest.param("kafka", marks=[pytest.mark.faults, pytest.mark.expensive])]
)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database: Databases, templates: Path
) -> Iterator[SmsService]:
    """One running service for all dialogues, on each bus."""
    values = {"home": tmp_path_factory.mktemp("sms-dialogues"), "secret_key": "dialogues " * 4, "bus": request.param}
    if request.param == "kafka":
        values |= {"kafka_bootstrap": request.getfixturevalue("bootstrap")}
    with (
        database.settings(values["home"]) as database_values,
        running_sms_service(Settings.model_validate({**values, **database_values}), templates) as running_service,
    ):
        yield running_service


class Dialogue:
    """One dialogue. Each letter is another telephone number."""

    def __init__(self, service: SmsService, number: int) -> None:
        self._service = service
        self._number = number
        self._reports = LabelledReports()
        self.needless_cases = 0
        self._codes: dict[str, str] = {}

    def play(self, step: Step) -> list[str]:
        """Play one step and return what is wrong with its result."""
        stages, reports = self._service.stages, self._reports
        stages.clock.wait(step.get("after", 0))
        if "agency" in step:
            stages.answer(reports.numbers[step["of"]], step["agency"], step["text"])
            return []
        sender = step.get("sender", "a")
        phone = f"+62811{self._number:04}{ord(sender):04}"
        if channel := next((_CHANNELS[name] for name in _CHANNELS if name in step), None):
            contact = phone if step.get("contact", True) else ""
            raw = self._service.report(channel, step["web" if channel == "web" else "app"], contact)
            complaint = stages.complaint_of(raw)
            reports.add(step.get("label"), raw, complaint)
            return [*reports.case_faults(step, complaint), *reports.holder_faults(step, stages)]
        raw, answer = self._service.send(self._with_codes(reports.filled(step["sms"]), sender), phone)
        if code := _CODE.search(answer):
            self._codes[sender] = code[0]
        answer = answer.replace(self._codes.get(sender, "{code}"), "{code}")
        complaint = stages.complaint_of(raw)
        reports.add(step.get("label"), raw, complaint)
        self.needless_cases += reports.is_needless_case(step, raw, complaint, stages)
        case_faults = [*reports.case_faults(step, complaint), *reports.holder_faults(step, stages)]
        return [*self._answer_faults(step, answer), *case_faults]

    def _with_codes(self, text: str, sender: str) -> str:
        """Return the text with codes in their places."""
        own = self._codes.get(sender, "")
        for name, code in self._codes.items():
            text = text.replace(f"{{code:{name}}}", code)
        return text.replace("{code}", own).replace("{wrong}", f"{(int(own or 0) + 1) % 1_000_000:06}")

    def _answer_faults(self, step: Step, answer: str) -> Iterator[str]:
        yield from self._reports.text_faults(answer, step.get("hears", ()), step.get("not_heard", ()))
        if step.get("silent") and answer:
            yield f"{answer!r} instead of nothing"
        if not fits_one_sms(answer):
            yield f"{answer!r} is more than one SMS"


def _playable(written: WrittenDialogue, service: SmsService) -> bool:
    """Return whether a dialogue can be played on the clock of the service."""
    return service.stages.clock.moves or not written.get("moved_clock", False)


@pytest.mark.slow
def test_dialogues_by_sms(service: SmsService) -> None:
    """Every answer is one SMS and says what is true; every message ends in the case that a reader expects.

    On Kafka, whose records have the time of the broker, those that wait for a period are left out.
    """
    played, needless_cases, faults = 0, 0, list[str]()
    for number, written in enumerate(_DIALOGUES):
        if not _playable(written, service):
            continue
        dialogue = Dialogue(service, number)
        for position, step in enumerate(written["step"]):
            faults += [f"{written['title']}: step {position + 1}: {fault}" for fault in dialogue.play(step)]
        needless_cases += dialogue.needless_cases
        service.stages.clock.wait(PAUSE_MINUTES)
        played += 1
    assert not faults, "\n".join([f"{needless_cases} cases at triage are no reports", *faults])
    assert needless_cases == 0
    left_out = sum(not _playable(written, service) for written in _DIALOGUES)
    assert played + left_out == len(_DIALOGUES) >= 50
