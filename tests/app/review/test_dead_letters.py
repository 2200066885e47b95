"""Dead letters: nothing is lost or shown without a record; redriven and dropped ones are decided once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.assembly.parts import Parts
from app.cli import app
from app.operations.review.dead_letters import (
    DeadLetterFilter,
    DeadLetters,
    StoredDeadLetter,
    count_rows,
    letter_event,
    list_row,
    stored_dead_letter,
)
from bus.errors import Reject, Retry, Stop
from bus.port import Outgoing, Record
from config.database import DatabaseUnavailable
from config.settings import Settings
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Complaint, RawMessage, Report, iso
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer
from tests.support import program, records
from tests.support.arrival_ids import arrival_id
from tests.support.dead_letters import BusWithProducer, DeadLetterDesk

PHONE = "+628000000071"
TEXT = "Pohon tumbang di Jalan Contoh"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(parts: Parts) -> DeadLetterDesk:
    """Return a bus without dead letters."""
    return DeadLetterDesk(parts.bus, parts.sealer, parts.topics, parts.engine)


@pytest.fixture
def arrival(parts: Parts) -> Outgoing:
    """Return an SMS."""
    return records.sms(parts, TEXT, PHONE, "SM1")


def complaint(number: int = 1) -> Outgoing:
    """Return a complaint as the normalizer publishes it."""
    message = arrival_id("web", f"letters-{number}")
    complaint_message = Complaint(
        id=ids.complaint_id(message),
        message_id=message,
        at=NOW,
        tracking="2VA8-SD70-3330",
        channel="web",
        sender="sender",
        report=Report(text=TEXT),
        contact=Sealed("sealed"),
    )
    return Outgoing(COMPLAINTS, *codec.encode(complaint_message, str(complaint_message.id), "/test"))


def letter(**changed_headers: Any) -> StoredDeadLetter:
    """Return a dead letter of the ledger."""
    headers = {"dead_stage": "cases", "dead_reason": "unstorable", "dead_field": "DataError"} | changed_headers
    position = {"dead_position": "complaints/3/17"}
    all_headers = tuple((name, value.encode()) for name, value in (headers | position).items())
    return stored_dead_letter(Record("dead-cases", 0, 4, 1_795_507_200_000, b"", b"{}", all_headers))


def test_a_dead_letter_has_the_facts_of_its_stage(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A dead letter has its stage, reason, field, original position and message id."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable", "body"), "raw-sms")

    (letter_,) = desk.undecided()
    (record,) = desk.read("raw-sms")
    (dead_record,) = desk.read("dead-normalize")
    assert (letter_.stage, letter_.reason, letter_.field, letter_.position) == (
        "normalize",
        "unreadable",
        "body",
        record.position,
    )
    assert (letter_.topic, letter_.dead_topic, letter_.stub) == ("raw-sms", "dead-normalize", b"")
    assert letter_.message_id == json_id(arrival)
    assert letter_.id == ids.dead_letter_id("normalize", record.position)
    assert letter_.at == datetime.fromtimestamp(dead_record.timestamp / 1000, UTC)


def json_id(message: Outgoing) -> object:
    """Return the id in a door's message."""
    return codec.decode(RawMessage, message.value, message.headers).id


def test_a_record_rejected_again_is_the_same_dead_letter(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A record that is rejected again after an offset reset is the same dead letter with the same decision."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.drop()
    (dead_record,) = desk.read("dead-normalize")
    desk.publish(Outgoing("dead-normalize", dead_record.key, dead_record.value, dead_record.headers))
    assert desk.undecided() == []
    assert len(desk.letters.chosen(DeadLetterFilter())) == 1


def test_a_record_without_headers_is_a_dead_letter(desk: DeadLetterDesk) -> None:
    """A record without headers has its own position as id. It cannot be redriven, and can be dropped."""
    desk.publish(Outgoing("dead-router", b"", b"garbage"), Outgoing(OVERSIGHT, b"", b"garbage"))
    (letter_,) = desk.undecided()
    assert (letter_.stage, letter_.position, letter_.message_id) == ("router", "dead-router/0/0", letter_.id)
    assert [step.reason for step in desk.redrive()] == ["unknown_topic"]
    assert desk.drop() == [letter_]
    assert desk.undecided() == []


@pytest.mark.parametrize(
    ("choice", "matches"),
    [
        (DeadLetterFilter(), True),
        (DeadLetterFilter(stage="cases"), True),
        (DeadLetterFilter(stage="router"), False),
        (DeadLetterFilter(reason="unstorable", field="DataError"), True),
        (DeadLetterFilter(reason="unexpected"), False),
        (DeadLetterFilter(field=""), False),
        (DeadLetterFilter(since=letter().at, until=letter().at + HOUR), True),
        (DeadLetterFilter(until=letter().at), False),
        (DeadLetterFilter(since=letter().at + HOUR), False),
        (DeadLetterFilter(ids=(str(letter().id)[:8],)), True),
        (DeadLetterFilter(ids=("",)), False),
        (DeadLetterFilter(reason="unstorable", ids=("ffffffff",)), False),
    ],
)
def test_filters(choice: DeadLetterFilter, *, matches: bool) -> None:
    """Filters by stage, topic suffix, reason, field, time and id are combined with and."""
    assert choice.matches(letter()) is matches


def test_counts_by_reason() -> None:
    """Counts of each stage, reason and field, highest first."""
    rows = count_rows([letter(), letter(dead_field=""), letter(), letter(dead_stage="replies", dead_field="")])
    assert [tuple(row.values()) for row in rows] == [
        ("cases", "unstorable", "DataError", 2),
        ("cases", "unstorable", "", 1),
        ("replies", "unstorable", "", 1),
    ]


def test_dropping_twice_changes_nothing(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A dropped dead letter is not pending, and its event is published once with actor, reason and message."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter_,) = desk.undecided()
    assert [len(desk.drop()) for _ in range(2)] == [1, 0]
    assert desk.redrive() == []
    (event,) = desk.events()
    assert (event.event, event.subject, event.message_id) == ("dead-letter-dropped", letter_.id, json_id(arrival))
    assert (event.actor, event.reason, event.at) == ("petugas-2", "uji coba", NOW)


def test_a_dropped_dead_letter_is_redriven_by_id(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A dropped dead letter is redriven once by its id, and not by a filter."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter_,) = desk.drop()
    assert desk.redrive(DeadLetterFilter(reason="unreadable")) == []
    assert [len(desk.redrive(DeadLetterFilter(ids=(str(letter_.id),)))) for _ in range(2)] == [1, 0]
    assert desk.letters.decisions() == {letter_.id: "redriven"}
    assert desk.drop(DeadLetterFilter(ids=(str(letter_.id),))) == []


def test_a_drop_does_not_undo_a_redrive(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A drop after a redrive does not take the redrive back."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter_,) = desk.undecided()
    desk.redrive()
    desk.publish(letter_event(letter_, "dead-letter-dropped", "petugas-2", "uji coba", NOW))
    assert desk.letters.decisions() == {letter_.id: "redriven"}
    assert desk.redrive(DeadLetterFilter(ids=(str(letter_.id),))) == []


def test_each_action_is_recorded(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """A reveal, a drop and a redrive are recorded with the dead letter's id."""
    desk.publish(arrival, complaint())
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.reject(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    arrival_letter, complaint_letter = (
        desk.undecided(DeadLetterFilter(stage=stage))[0] for stage in ("normalize", "router")
    )
    desk.letters.reveal(desk.letters.find(str(arrival_letter.id)), "petugas-3", "tiket 17", NOW)
    desk.drop(DeadLetterFilter(stage="router"))
    desk.redrive()
    with desk.log.rows() as rows:
        assert [(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows] == [
            ("dead_letters.reveal", f"{arrival_letter.id} role command until {iso(NOW)}", "petugas-3", "tiket 17"),
            ("dead_letters.drop", str(complaint_letter.id), "petugas-2", "uji coba"),
            ("dead_letters.redrive", str(arrival_letter.id), "petugas-1", "sudah diperbaiki"),
        ]


def test_an_unrecorded_action_is_not_done(desk: DeadLetterDesk, parts: Parts, arrival: Outgoing) -> None:
    """An action that cannot be recorded is not done."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter_,) = desk.undecided()
    with parts.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    entry = desk.letters.find(str(letter_.id))
    actions: list[Callable[[], object]] = [
        desk.redrive,
        desk.drop,
        lambda: desk.letters.reveal(entry, "petugas-3", "x", NOW),
    ]
    for action in actions:
        with pytest.raises(DatabaseUnavailable):
            action()
    assert (desk.events(), len(desk.read("raw-sms"))) == ([], 1)


def test_a_description_has_no_private_text(desk: DeadLetterDesk, parts: Parts, arrival: Outgoing) -> None:
    """A description has no word, number or name of the sender."""
    raw = codec.decode(RawMessage, arrival.value, arrival.headers)
    agency_answer = AgencyAnswer(
        id=raw.id, message_id=raw.id, at=NOW, complaint_id=raw.id, dispatch_id=raw.id, agency="budi", verdict="refused"
    )
    key, value, headers = codec.encode(agency_answer, "key", "/test")
    odd_answer = json.loads(value) | {
        "text": TEXT,
        "Nama Saya Budi": 1,
        "hop": 3171234567890001,
        "suggested_agency": {"Rahasia": PHONE},
    }
    desk.publish(arrival, complaint(), Outgoing(AGENCY_ANSWERS, key, json.dumps(odd_answer).encode(), headers))
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.reject(Reject("not_the_shape", "text"), COMPLAINTS, AGENCY_ANSWERS, group="router", stage="router")

    entries = [desk.letters.find(str(entry.id)) for entry in desk.undecided()]
    shown_text = json.dumps([[list_row(entry.letter), desk.letters.describe(entry)] for entry in entries])
    private_words = ("Pohon", "tumbang", "Contoh", PHONE[1:], "Budi", "budi", "Rahasia", "3171", "2VA8")
    private_values = (*private_words, raw.sender, raw.body, raw.tracking)
    assert [word for word in private_values if word in shown_text] == []
    answer_entry = next(entry for entry in entries if entry.letter.topic == AGENCY_ANSWERS)
    description: Any = desk.letters.describe(answer_entry)
    assert (description["was_at"], description["decided"], description["stub"]) == (
        answer_entry.letter.position,
        "",
        False,
    )
    assert description["value"] == {
        "id": str(raw.id),
        "message_id": str(raw.id),
        "at": "2026-11-24T08:04:05.678Z",
        "complaint_id": str(raw.id),
        "dispatch_id": str(raw.id),
        "agency": "a text",
        "verdict": "refused",
        "text": "a text",
        "suggested_agency": {"other fields": 1},
        "pictures": [],
        "pictures_public": False,
        "document": None,
        "readers": "",
        "extension_days": "a number",
        "actor": "",
        "key_generation": "a number",
        "authenticator": "",
        "hop": "a number",
        "other fields": 1,
    }
    assert description["headers"]["ce_type"] == "id.lapor.agency-answer.v1"


def test_a_reveal_is_recorded_first(desk: DeadLetterDesk, parts: Parts, arrival: Outgoing) -> None:
    """Each reveal is an event. An arrival shows the provider's bytes, other records keep their seals."""
    desk.publish(arrival, complaint())
    desk.reject(Reject("unreadable"), "raw-sms")
    desk.reject(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    arrival_entry, complaint_entry = (desk.letters.find(str(letter_.id)) for letter_ in desk.undecided())

    body = desk.letters.reveal(arrival_entry, "petugas-3", "tiket 17", NOW)
    assert b"Pohon+tumbang" in body
    assert desk.letters.reveal(complaint_entry, "petugas-3", "tiket 18", NOW + HOUR) == complaint().value
    events = desk.events()
    assert [(event.event, event.actor, event.reason) for event in events] == [
        ("revealed", "petugas-3", "tiket 17"),
        ("revealed", "petugas-3", "tiket 18"),
    ]
    assert len(desk.undecided()) == 2

    unavailable_bus = BusWithProducer(parts.bus, FlakyProducer(parts.bus.producer(), {1}))
    with pytest.raises(Retry):
        DeadLetters(unavailable_bus, parts.sealer, parts.topics, desk.log).reveal(arrival_entry, "petugas-3", "x", NOW)  # type: ignore[arg-type]


def test_with_another_key_the_seal_stays(desk: DeadLetterDesk, parts: Parts, arrival: Outgoing) -> None:
    """An arrival that cannot be opened is shown sealed."""
    raw = codec.decode(RawMessage, arrival.value, arrival.headers)
    broken = raw.model_copy(update={"body": Sealed("ffffffff.AAAA")}).model_dump_json().encode()
    desk.publish(replace(arrival, value=broken))
    desk.reject(Reject("unsealable"), "raw-sms")
    (letter_,) = desk.undecided()
    assert desk.letters.reveal(desk.letters.find(str(letter_.id)), "petugas-3", "x", NOW) == broken


def test_an_id_prefix_finds_a_dead_letter(desk: DeadLetterDesk, arrival: Outgoing) -> None:
    """An id, or its beginning, finds one dead letter with or without a decision."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    (letter_,) = desk.drop()
    assert desk.letters.find(str(letter_.id)[:8]).letter == letter_
    with pytest.raises(Stop, match="0 dead letters"):
        desk.letters.find("ffffffff")


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(settings: Settings, tmp_path: Path) -> Cli:
    """Return a runner of `satupintu dead-letters` on this test's data folder."""
    environment = program.environment_of(settings)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("dead-letters", *arguments), {**environment, "COLUMNS": "200"}, tmp_path)

    return run


def test_the_commands(desk: DeadLetterDesk, parts: Parts, cli: Cli) -> None:
    """List, show, reveal, plan, redrive and drop, with their outputs."""
    desk.publish(*(records.sms(parts, TEXT, PHONE, f"SM{number}") for number in range(3)), complaint())
    desk.reject(Reject("unreadable", "body"), "raw-sms")
    desk.reject(Reject("too_large"), COMPLAINTS, group="router", stage="router")
    arrivals = [letter_ for letter_ in desk.undecided() if letter_.stage == "normalize"]
    (processed_letter,) = [letter_ for letter_ in desk.undecided() if letter_.stage == "router"]
    actor_and_reason = ("--actor", "petugas-1", "--why", "sudah diperbaiki")

    list_output = cli("list", "--stage", "normalize", "--since", "1h")
    assert {str(letter_.id) for letter_ in arrivals} <= set(list_output.stdout.split())
    assert str(processed_letter.id) not in list_output.stdout
    assert json.loads(cli("list", "--by", "reason", "--json").stdout) == [
        {"stage": "normalize", "reason": "unreadable", "field": "body", "count": 3},
        {"stage": "router", "reason": "too_large", "field": "", "count": 1},
    ]
    assert "unreadable" in cli("list", "--by", "reason").stdout
    show_output = cli("show", str(arrivals[0].id)[:13])
    assert json.loads(show_output.stdout)["reason"] == "unreadable"
    assert not any(word in list_output.stdout + show_output.stdout for word in ("Pohon", "Contoh", PHONE))
    reveal_output = cli("show", str(arrivals[0].id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert "Pohon+tumbang" in reveal_output.stdout

    plan_output = cli("redrive", "--all", "--dry-run")
    assert (plan_output.returncode, plan_output.stdout) == (0, "raw-sms 3\n")
    assert plan_output.stderr.startswith(f"{processed_letter.id} is left. The stage processed it")
    assert len(desk.read("raw-sms")) == 3

    drop_output = cli("drop", "--id", str(arrivals[2].id), *actor_and_reason)
    assert (drop_output.returncode, drop_output.stdout) == (0, f"{arrivals[2].id}\n")
    redrive_output = cli("redrive", "--all", "--rate", "50", *actor_and_reason)
    assert redrive_output.stdout.splitlines() == [f"{letter_.id} raw-sms" for letter_ in arrivals[:2]]
    assert redrive_output.stderr.splitlines()[-1] == "redriven: 2, left: 1"
    assert [letter_["id"] for letter_ in json.loads(cli("list", "--json").stdout)] == [str(processed_letter.id)]
    decisions = {letter_["id"]: letter_["decided"] for letter_ in json.loads(cli("list", "--all", "--json").stdout)}
    assert decisions == {
        str(processed_letter.id): "",
        str(arrivals[2].id): "dead-letter-dropped",
        **{str(letter_.id): "redriven" for letter_ in arrivals[:2]},
    }
    assert "dead-letter-dropped" in cli("list", "--all").stdout
    with desk.log.rows() as rows:
        assert [row.act.action for row in rows] == [
            "dead_letters.reveal",
            "dead_letters.drop",
            *["dead_letters.redrive"] * 2,
        ]


ORDER = "\x1b[2J"


def test_a_list_has_no_control_characters(desk: DeadLetterDesk, cli: Cli) -> None:
    """Control characters in headers do not reach the terminal."""
    desk.publish(Outgoing("dead-router", b"", b"?", (("dead_reason", f"odd{ORDER}".encode()),)))
    listed = cli("list").stdout
    assert ("odd" in listed, "\x1b" in listed) == (True, False)


def test_a_reveal_has_no_control_characters(desk: DeadLetterDesk, cli: Cli, settings: Settings) -> None:
    """A terminal gets no control characters; a file or a program gets the text unchanged."""
    desk.publish(Outgoing("dead-router", b"", f"satu{ORDER}\r\ndua".encode()))
    (letter_,) = desk.undecided()
    arguments = ("dead-letters", "show", str(letter_.id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert ORDER in cli(*arguments[1:]).stdout
    terminal_end, command_end = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        stdout=command_end,
        env=program.environment_of(settings),
        check=True,
    )
    os.close(command_end)
    terminal_output = os.read(terminal_end, 1000).decode()
    os.close(terminal_end)
    assert terminal_output.splitlines() == ["satu [2J", "dua"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("redrive", "--all"), "--actor and --why are missing"),
        (("redrive", "--all", "--actor", "petugas-1"), "--why is missing"),
        (("redrive", "--actor", "petugas-1", "--why", "x"), "No dead letters are chosen"),
        (("redrive", "--dry-run"), "No dead letters are chosen"),
        (("redrive", "--all", "--rate", "0", "--actor", "petugas-1", "--why", "x"), "--rate"),
        (("drop", "--all", "--actor", "petugas-1"), "--why"),
        (("drop", "--actor", "petugas-1", "--why", "x"), "No dead letters are chosen"),
        (("drop", "--actor", "petugas-1", "--why", "x", "--since", "kemarin"), "kemarin is not a time"),
        (("show", "ffff", "--reveal"), "--actor"),
        (("list", "--by", "topic"), "--by"),
    ],
)
def test_missing_arguments_are_named(
    desk: DeadLetterDesk, arguments: tuple[str, ...], message: str, arrival: Outgoing
) -> None:
    """Without actor, reason and choice nothing is decided; the error names what is missing."""
    desk.publish(arrival)
    desk.reject(Reject("unreadable"), "raw-sms")
    result = CliRunner().invoke(app, ["dead-letters", *arguments])
    assert result.exit_code == 2
    assert message in result.output
    assert desk.events() == []
