"""Dead letters: nothing in them is lost or shown; given again they go the way that they came, and are worked once."""

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
from messages.shapes import AgencyAnswer, Complaint, RawMessage, Report
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer
from tests.support import program, records
from tests.support.dead_letters import Breaking, Post

PHONE = "+628000000071"
TEXT = "Pohon tumbang di Jalan Contoh"
HOUR = timedelta(hours=1)


@pytest.fixture
def post(parts: Parts) -> Post:
    """A bus without a letter."""
    return Post(parts.bus, parts.sealer, parts.topics, parts.engine)


@pytest.fixture
def arrival(parts: Parts) -> Outgoing:
    """An SMS."""
    return records.sms(parts, TEXT, PHONE, "SM1")


def complaint(place: int = 1) -> Outgoing:
    """A complaint, as the normalizer publishes it."""
    message = ids.message_id("web", f"letters-{place}")
    made = Complaint(
        id=ids.complaint_id(message),
        message_id=message,
        at=NOW,
        tracking="2VA8-SD70-3330",
        channel="web",
        sender="sender",
        report=Report(text=TEXT),
        contact=Sealed("sealed"),
    )
    return Outgoing(COMPLAINTS, *codec.encode(made, str(made.id), "/test"))


def letter(**said: Any) -> StoredDeadLetter:
    """One that the ledger put aside."""
    headers = {"dead_stage": "ledger", "dead_reason": "unstorable", "dead_field": "DataError"} | said
    place = {"dead_position": "complaints/3/17"}
    packed = tuple((name, value.encode()) for name, value in (headers | place).items())
    return stored_dead_letter(Record("dead-sinks", 0, 4, 1_795_507_200_000, b"", b"{}", packed))


def test_a_letter_is_what_its_stage_wrote(post: Post, arrival: Outgoing) -> None:
    """Which stage, why, which field, where the record stands, and whose message it is."""
    post.publish(arrival)
    post.aside(Reject("unreadable", "body"), "raw-sms")

    (one,) = post.waiting()
    (record,) = post.read("raw-sms")
    (kept,) = post.read("dead-normalize")
    assert (one.stage, one.reason, one.field, one.position) == ("normalize", "unreadable", "body", record.position)
    assert (one.topic, one.dead_topic, one.stub) == ("raw-sms", "dead-normalize", b"")
    assert one.message_id == json_id(arrival)
    assert one.id == ids.dead_letter_id("normalize", record.position)
    assert one.at == datetime.fromtimestamp(kept.timestamp / 1000, UTC)


def json_id(message: Outgoing) -> object:
    """The id in a message of the doors."""
    return codec.decode(RawMessage, message.value, message.headers).id


def test_a_record_that_a_stage_puts_aside_again_is_one_letter(post: Post, arrival: Outgoing) -> None:
    """A group whose offsets were set back says the same again; what was decided about it holds."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    post.drop()
    (kept,) = post.read("dead-normalize")
    post.publish(Outgoing("dead-normalize", kept.key, kept.value, kept.headers))
    assert post.waiting() == []
    assert len(post.letters.chosen(DeadLetterFilter())) == 1


def test_what_no_worker_wrote_is_a_letter_too(post: Post) -> None:
    """A record without headers is known by its own place; it has nowhere to go, and can be dropped."""
    post.publish(Outgoing("dead-router", b"", b"garbage"), Outgoing(OVERSIGHT, b"", b"garbage"))
    (one,) = post.waiting()
    assert (one.stage, one.position, one.message_id) == ("router", "dead-router/0/0", one.id)
    assert [step.reason for step in post.redrive()] == ["unknown_topic"]
    assert post.drop() == [one]
    assert post.waiting() == []


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (DeadLetterFilter(), True),
        (DeadLetterFilter(stage="ledger"), True),
        (DeadLetterFilter(stage="sinks"), True),
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
def test_filters(choice: DeadLetterFilter, *, taken: bool) -> None:
    """By stage (as it names itself, or as its topic does), reason, field, when, and id; together all must fit."""
    assert choice.matches(letter()) is taken


def test_counted_by_reason() -> None:
    """How many of each stage, reason and field, the most first."""
    found = count_rows([letter(), letter(dead_field=""), letter(), letter(dead_stage="replies", dead_field="")])
    assert [tuple(one.values()) for one in found] == [
        ("ledger", "unstorable", "DataError", 2),
        ("ledger", "unstorable", "", 1),
        ("replies", "unstorable", "", 1),
    ]


def test_dropping_twice_changes_nothing(post: Post, arrival: Outgoing) -> None:
    """It waits no more, and is told once: by whom, why, and about which message."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    (one,) = post.waiting()
    assert [len(post.drop()) for _ in range(2)] == [1, 0]
    assert post.redrive() == []
    (event,) = post.told()
    assert (event.event, event.subject, event.message_id) == ("letter-dropped", one.id, json_id(arrival))
    assert (event.actor, event.reason, event.at) == ("petugas-2", "uji coba", NOW)


def test_a_mistaken_drop_can_be_mended(post: Post, arrival: Outgoing) -> None:
    """Named by its id it is given again, once; by a filter it is not."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    (one,) = post.drop()
    assert post.redrive(DeadLetterFilter(reason="unreadable")) == []
    assert [len(post.redrive(DeadLetterFilter(ids=(str(one.id),)))) for _ in range(2)] == [1, 0]
    assert post.letters.decisions() == {one.id: "redriven"}
    assert post.drop(DeadLetterFilter(ids=(str(one.id),))) == []


def test_two_who_decide_at_once(post: Post, arrival: Outgoing) -> None:
    """What was given again is not taken back by a drop that was said at the same moment."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    (one,) = post.waiting()
    post.redrive()
    post.publish(letter_event(one, "letter-dropped", "petugas-2", "uji coba", NOW))
    assert post.letters.decisions() == {one.id: "redriven"}
    assert post.redrive(DeadLetterFilter(ids=(str(one.id),))) == []


def test_each_act_stands_in_the_log(post: Post, arrival: Outgoing) -> None:
    """A look, a drop, a redrive: each by the letter's id."""
    post.publish(arrival, complaint())
    post.aside(Reject("unreadable"), "raw-sms")
    post.aside(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    one, two = (post.waiting(DeadLetterFilter(stage=stage))[0] for stage in ("normalize", "router"))
    post.letters.reveal(post.letters.find(str(one.id)), "petugas-3", "tiket 17", NOW)
    post.drop(DeadLetterFilter(stage="router"))
    post.redrive()
    with post.log.rows() as rows:
        assert [(kept.act.action, kept.act.subject, kept.act.actor, kept.act.why) for kept in rows] == [
            ("letters.reveal", str(one.id), "petugas-3", "tiket 17"),
            ("letters.drop", str(two.id), "petugas-2", "uji coba"),
            ("letters.redrive", str(one.id), "petugas-1", "sudah diperbaiki"),
        ]


def test_without_a_log_nothing_is_done(post: Post, parts: Parts, arrival: Outgoing) -> None:
    """What can't be kept is not done: nothing is given again, dropped or shown."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    (one,) = post.waiting()
    with parts.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    looked = post.letters.find(str(one.id))
    acts: list[Callable[[], object]] = [
        post.redrive,
        post.drop,
        lambda: post.letters.reveal(looked, "petugas-3", "x", NOW),
    ]
    for act in acts:
        with pytest.raises(DatabaseUnavailable):
            act()
    assert (post.told(), len(post.read("raw-sms"))) == ([], 1)


def test_what_is_shown_says_nothing(post: Post, parts: Parts, arrival: Outgoing) -> None:
    """No word, number or name of the sender's, whatever stands in it; and what it is about can be told."""
    raw = codec.decode(RawMessage, arrival.value, arrival.headers)
    said = AgencyAnswer(
        id=raw.id, message_id=raw.id, at=NOW, complaint_id=raw.id, dispatch_id=raw.id, agency="budi", verdict="refused"
    )
    key, value, headers = codec.encode(said, "key", "/test")
    odd = json.loads(value) | {"text": TEXT, "Nama Saya Budi": 1, "hop": 3171234567890001, "theirs": {"Rahasia": PHONE}}
    post.publish(arrival, complaint(), Outgoing(AGENCY_ANSWERS, key, json.dumps(odd).encode(), headers))
    post.aside(Reject("unreadable"), "raw-sms")
    post.aside(Reject("not_the_shape", "text"), COMPLAINTS, AGENCY_ANSWERS, group="router", stage="router")

    found = [post.letters.find(str(one.id)) for one in post.waiting()]
    shown = json.dumps([[list_row(one.letter), post.letters.describe(one)] for one in found])
    written = ("Pohon", "tumbang", "Contoh", PHONE[1:], "Budi", "budi", "Rahasia", "3171", "2VA8")
    telling = (*written, raw.sender, raw.body, raw.tracking)
    assert [word for word in telling if word in shown] == []
    answer = next(one for one in found if one.letter.topic == AGENCY_ANSWERS)
    about: Any = post.letters.describe(answer)
    assert (about["was_at"], about["decided"], about["stub"]) == (answer.letter.position, "", False)
    assert about["value"] == {
        "id": str(raw.id),
        "message_id": str(raw.id),
        "at": "2026-11-24T08:04:05.678Z",
        "complaint_id": str(raw.id),
        "dispatch_id": str(raw.id),
        "agency": "4 characters",
        "verdict": "refused",
        "text": "29 characters",
        "theirs": {"other fields": 1},
        "actor": "0 characters",
        "hop": "a number",
        "other fields": 1,
    }
    assert about["headers"]["ce_type"] == "id.lapor.agency-answer.v1"


def test_a_look_is_kept_before_it_is_shown(post: Post, parts: Parts, arrival: Outgoing) -> None:
    """Of an arrival the provider's bytes, of all else what stands there with its seals; each look is an event."""
    post.publish(arrival, complaint())
    post.aside(Reject("unreadable"), "raw-sms")
    post.aside(Reject("not_the_shape"), COMPLAINTS, group="router", stage="router")
    arrived, worked = (post.letters.find(str(one.id)) for one in post.waiting())

    body = post.letters.reveal(arrived, "petugas-3", "tiket 17", NOW)
    assert b"Pohon+tumbang" in body
    assert post.letters.reveal(worked, "petugas-3", "tiket 18", NOW + HOUR) == complaint().value
    told = post.told()
    assert [(event.event, event.actor, event.reason) for event in told] == [
        ("revealed", "petugas-3", "tiket 17"),
        ("revealed", "petugas-3", "tiket 18"),
    ]
    assert len(post.waiting()) == 2

    away = Breaking(parts.bus, FlakyProducer(parts.bus.producer(), {1}))
    with pytest.raises(Retry):
        DeadLetters(away, parts.sealer, parts.topics, post.log).reveal(arrived, "petugas-3", "x", NOW)  # type: ignore[arg-type]


def test_with_another_key_the_seal_stays(post: Post, parts: Parts, arrival: Outgoing) -> None:
    """An arrival that does not open is shown as it stands."""
    raw = codec.decode(RawMessage, arrival.value, arrival.headers)
    broken = raw.model_copy(update={"body": Sealed("ffffffff.AAAA")}).model_dump_json().encode()
    post.publish(replace(arrival, value=broken))
    post.aside(Reject("unsealable"), "raw-sms")
    (one,) = post.waiting()
    assert post.letters.reveal(post.letters.find(str(one.id)), "petugas-3", "x", NOW) == broken


def test_by_id_or_how_it_begins(post: Post, arrival: Outgoing) -> None:
    """An id, or enough of it, names one letter, decided or not."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    (one,) = post.drop()
    assert post.letters.find(str(one.id)[:8]).letter == one
    with pytest.raises(Stop, match="0 dead letters"):
        post.letters.find("ffffffff")


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(settings: Settings, tmp_path: Path) -> Cli:
    """Runs `satupintu letters` on this test's data folder."""
    mine = {"SATUPINTU_HOME": str(settings.home), "SATUPINTU_SECRET_KEY": settings.secret_key.get_secret_value()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("letters", *arguments), {**clean, **mine, "COLUMNS": "200"}, tmp_path)

    return run


def test_the_commands(post: Post, parts: Parts, cli: Cli) -> None:
    """What an operator types: list, show, a look, a plan, a redrive, a drop; and what each says."""
    post.publish(*(records.sms(parts, TEXT, PHONE, f"SM{number}") for number in range(3)), complaint())
    post.aside(Reject("unreadable", "body"), "raw-sms")
    post.aside(Reject("too_large"), COMPLAINTS, group="router", stage="router")
    raws = [one for one in post.waiting() if one.stage == "normalize"]
    (stays,) = [one for one in post.waiting() if one.stage == "router"]
    who = ("--actor", "petugas-1", "--why", "sudah diperbaiki")

    listed = cli("list", "--stage", "normalize", "--since", "1h")
    assert {str(one.id) for one in raws} <= set(listed.stdout.split())
    assert str(stays.id) not in listed.stdout
    assert json.loads(cli("list", "--by", "reason", "--json").stdout) == [
        {"stage": "normalize", "reason": "unreadable", "field": "body", "letters": 3},
        {"stage": "router", "reason": "too_large", "field": "", "letters": 1},
    ]
    assert "unreadable" in cli("list", "--by", "reason").stdout
    shown = cli("show", str(raws[0].id)[:13])
    assert json.loads(shown.stdout)["reason"] == "unreadable"
    assert not any(word in listed.stdout + shown.stdout for word in ("Pohon", "Contoh", PHONE))
    looked = cli("show", str(raws[0].id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert "Pohon+tumbang" in looked.stdout

    planned = cli("redrive", "--all", "--dry-run")
    assert (planned.returncode, planned.stdout) == (0, "raw-sms 3\n")
    assert planned.stderr.startswith(f"{stays.id} is left. The stage processed it")
    assert len(post.read("raw-sms")) == 3

    dropped = cli("drop", "--id", str(raws[2].id), *who)
    assert (dropped.returncode, dropped.stdout) == (0, f"{raws[2].id}\n")
    redriven = cli("redrive", "--all", "--rate", "50", *who)
    assert redriven.stdout.splitlines() == [f"{one.id} raw-sms" for one in raws[:2]]
    assert redriven.stderr.splitlines()[-1] == "redriven: 2, left: 1"
    assert [one["id"] for one in json.loads(cli("list", "--json").stdout)] == [str(stays.id)]
    decided = {one["id"]: one["decided"] for one in json.loads(cli("list", "--all", "--json").stdout)}
    assert decided == {
        str(stays.id): "",
        str(raws[2].id): "letter-dropped",
        **{str(one.id): "redriven" for one in raws[:2]},
    }
    assert "letter-dropped" in cli("list", "--all").stdout
    with post.log.rows() as rows:
        assert [kept.act.action for kept in rows] == ["letters.reveal", "letters.drop", *["letters.redrive"] * 2]


ORDER = "\x1b[2J"


def test_a_list_orders_a_terminal_nothing(post: Post, cli: Cli) -> None:
    """Whatever another program put into the headers."""
    post.publish(Outgoing("dead-router", b"", b"?", (("dead_reason", f"odd{ORDER}".encode()),)))
    listed = cli("list").stdout
    assert ("odd" in listed, "\x1b" in listed) == (True, False)


def test_a_look_orders_a_terminal_nothing(post: Post, cli: Cli, settings: Settings) -> None:
    """Where somebody looks on; a file or a program gets what was written as it is."""
    post.publish(Outgoing("dead-router", b"", f"satu{ORDER}\r\ndua".encode()))
    (one,) = post.waiting()
    look = ("letters", "show", str(one.id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert ORDER in cli(*look[1:]).stdout
    mine = {"SATUPINTU_HOME": str(settings.home), "SATUPINTU_SECRET_KEY": settings.secret_key.get_secret_value()}
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-m", "app.cli", *look], stdout=theirs, env={**os.environ, **mine}, check=True)
    os.close(theirs)
    seen = os.read(ours, 1000).decode()
    os.close(ours)
    assert seen.splitlines() == ["satu [2J", "dua"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("redrive", "--all"), "--actor and --why are missing"),
        (("redrive", "--all", "--actor", "petugas-1"), "--actor and --why are missing"),
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
def test_what_is_not_said_is_not_done(post: Post, arguments: tuple[str, ...], says: str, arrival: Outgoing) -> None:
    """Without who, why and which, nothing is decided; what is lacking is named."""
    post.publish(arrival)
    post.aside(Reject("unreadable"), "raw-sms")
    found = CliRunner().invoke(app, ["letters", *arguments])
    assert found.exit_code == 2
    assert says in found.output
    assert post.told() == []
