"""From 60 days of silence to the file for the Ombudsman: one dialogue by SMS through the real door and stages."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlmodel import col, select

from app.assembly.oversight.hand_over import hand_over
from app.assembly.oversight.parts import consent_publisher
from app.assembly.queues import existing_queues
from app.operations.ombudsman.hand_over import EXPORT_ACTION, ExportedCase, ListedCase
from bench.generated.schemas import FOLDER
from config.database import read_transaction
from config.settings import Settings
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import RawMessage
from oversight.figures.counts import NATION
from oversight.read_model.day_counts import read_counts
from sinks.replies.tables import OutboxRow
from tests.end_to_end.dialogues.sms_service import SmsService, running_sms_service
from tests.support import program, records
from tests.support.case_stages import all_cases
from tests.support.reprocessing import reprocess

DAY_MINUTES = 60 * 24
PHONE, OTHER_PHONE = "+628111230001", "+628111230002"
REPORT = "Lampu jalan mati di Jalan Overste Isdiman Purwokerto Banyumas sejak Senin"


@pytest.fixture
def service(tmp_path: Path, database_settings: Mapping[str, str], templates: Path) -> Iterator[SmsService]:
    """A running SMS door with the stages behind it."""
    settings = Settings.model_validate({"home": tmp_path, "secret_key": "ombudsman " * 4, **database_settings})
    with running_sms_service(settings, templates) as running:
        yield running


class Officer:
    """Searches for questions, and hands over."""

    def __init__(self, service: SmsService) -> None:
        self._stages = service.stages
        self.parts = service.stages.parts

    def read(self) -> None:
        """Let the stage of cases read all topics from the beginning: what was told is not told again."""
        with closing(self.parts.bus.reader()) as reader:
            topics = self.parts.consumer_groups["cases"].topics_with(existing_queues(reader))
            reprocess(all_cases(self.parts).handle, reader, topics)

    def search(self) -> int:
        """Let the thread of oversight search once; return the number of events."""
        self.read()
        with closing(self.parts.bus.producer()) as producer:
            publisher = consent_publisher(self.parts, producer.publish, threading.Event())
            count = publisher.publish_due(self.parts.now())
        self._stages.run()
        return count

    def export(self, folder: Path, *, again: bool = False) -> list[ExportedCase]:
        """Export all cases that wait."""
        self.read()
        with closing(self.parts.bus.producer()) as producer:
            files = hand_over(self.parts, producer.publish)
            waiting = files.waiting(again=again)
            now = self.parts.now()
            exported = [files.export(case, folder, "petugas-1", "berkas minggu ini", now) for case in waiting]
        self._stages.run()
        return exported

    def listed(self) -> list[ListedCase]:
        """Return the cases whose senders were asked."""
        self.read()
        return list(hand_over(self.parts, lambda _messages: None).cases())

    def questions(self) -> list[str]:
        """Return the texts of the questions in the outbox."""
        query = select(col(OutboxRow.text)).where(col(OutboxRow.kind) == "asked-ombudsman")
        with read_transaction(self.parts.engine) as connection:
            return list(connection.execute(query).scalars())

    def handed_over(self) -> int:
        """Return the numerator of the figure `to_ombudsman`."""
        self.read()
        with read_transaction(self.parts.engine) as connection:
            return read_counts(connection, NATION).total("to_ombudsman")

    def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command of the command line; return exit code, output and errors."""
        settings = self.parts.settings
        environment = {**program.environment_of(settings), "SATUPINTU_LOG_LEVEL": "warning"}
        result = program.run(arguments, environment, settings.home)
        return result.returncode, result.stdout, result.stderr

    def exports_in_log(self) -> int:
        """Return the number of exports in the audit log."""
        with self.parts.audit_log.rows() as rows:
            return sum(row.act.action == EXPORT_ACTION for row in rows)


@pytest.mark.slow
def test_a_case_of_an_anonymous_sender_goes_to_the_ombudsman(service: SmsService, tmp_path: Path) -> None:
    """Asked once, by one SMS; consent by the own link alone, withdrawal and consent again; one file, made once."""
    officer, folder = Officer(service), tmp_path / "berkas"
    raw, _ = service.send(f"ANONIM {REPORT}", PHONE)
    number = raw.tracking
    service.send("Sampah menumpuk di Pasar Wage Purwokerto Banyumas", OTHER_PHONE)
    service.stages.clock.wait(59 * DAY_MINUTES)
    assert officer.search() == 0
    service.stages.clock.wait(2 * DAY_MINUTES)
    assert officer.search() == 2
    assert officer.search() == 0
    (question,) = [text for text in officer.questions() if number in text]
    assert service.stages.parts.keys.link_of(raw.id) in question
    assert fits_one_sms(question)
    assert officer.export(folder) == []

    service.send("ya makasih", PHONE)
    service.send(f"YA {number}", OTHER_PHONE)
    service.stages.clock.wait(1)
    assert {case.consent for case in officer.listed()} == {"asked"}
    # Anybody can send an SMS under the sender's number. The answer goes to the sender's phone.
    _, answer = service.send(f"ya {number}", PHONE)
    assert "Persetujuan tidak dapat lewat SMS" in answer
    assert fits_one_sms(answer)
    assert {case.consent for case in officer.listed()} == {"asked"}
    service.stages.clock.wait(1)
    _agree(service, raw)
    assert {case.consent for case in officer.listed()} == {"asked", "agreed"}
    service.stages.clock.wait(1)
    _, answer = service.send(f"TIDAK {number}", PHONE)
    assert "Anda tidak setuju" in answer
    assert officer.export(folder) == []
    service.stages.clock.wait(1)
    _agree(service, raw)
    # The thread tells only the last answer.
    assert officer.search() == 1
    assert officer.handed_over() == officer.exports_in_log() == 0

    content = _exported(officer, folder)
    assert (content["number"], content["sender"]["phone"]) == (number, PHONE)
    assert content["sender"]["hidden_from_institution"]
    assert content["report"]["text"] == REPORT
    steps = [step["step"] for step in content["steps"]]
    assert steps[:2] == ["reports", "dispatched"]
    assert "agrees-to-ombudsman" in steps
    (resolve,) = [clock for clock in content["clocks"] if clock["clock"] == "resolve"]
    assert (resolve["state"], resolve["days"]) == ("missed", 14)
    assert (officer.handed_over(), officer.exports_in_log()) == (1, 1)
    # Nothing is exported twice by itself.
    assert officer.export(folder) == []
    _assert_commands(officer, number, folder)
    assert (officer.handed_over(), officer.exports_in_log()) == (1, 2)


def _agree(service: SmsService, raw: RawMessage) -> None:
    """Let the sender agree by the own link."""
    parts = service.stages.parts
    with closing(parts.bus.producer()) as producer:
        producer.publish([records.followed(parts, raw.id, "agrees-to-ombudsman", when=parts.now())])
    service.stages.run()


def _exported(officer: Officer, folder: Path) -> dict[str, Any]:
    """Export the one case that waits; return the content of its file, which the officer alone can read."""
    (exported,) = officer.export(folder)
    assert exported.path is not None
    assert (exported.outcome, exported.path.stat().st_mode & 0o777) == ("exported", 0o600)
    content: dict[str, Any] = json.loads(exported.path.read_text())
    jsonschema.validate(content, json.loads((FOLDER / "ombudsman-case.v1.json").read_text()))
    return content


def _assert_commands(officer: Officer, number: str, folder: Path) -> None:
    """Check the commands: a person and a reason, once unless again, the list, and what stays of a forgotten sender."""
    again = ("ombudsman", "export", "--case", number, "--to", str(folder))
    reason = ("--actor", "petugas-1", "--why", "berkas rusak")
    assert officer.command(*again)[0] == 2
    code, _, errors = officer.command(*again, *reason)
    assert (code, "--again" in errors) == (1, True)
    code, output, _ = officer.command(*again, *reason, "--again", "--json")
    assert (code, [row["outcome"] for row in json.loads(output)]) == (0, ["exported"])
    assert json.loads(officer.command("ombudsman", "list", "--json")[1]) == []
    (listed,) = [
        row for row in json.loads(officer.command("ombudsman", "list", "--all", "--json")[1]) if row["exported_at"]
    ]
    assert (listed["number"], listed["consent"]) == (number, "agreed")
    shown = json.loads(officer.command("forget", number, "--dry-run", "--json")[1])
    assert shown["ombudsman"] == [number]
