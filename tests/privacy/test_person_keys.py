"""Each person has a key. It is cached for a short time, and a door needs no database to accept a message."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, update

from app.assembly.parts import Parts
from app.threads import system_threads
from bus.errors import Stop
from config.database import write_transaction
from messages.sealing import ForgottenKeyError, Sealer, UnknownKeyError
from messages.topics import COMPLAINTS
from privacy.bounded_call import BoundedCall, CallNotAnswered
from privacy.person_keys import MAX_CACHE_SECONDS, PersonSealer
from privacy.root_keys import MissingRootKeyError
from privacy.tables import PersonKeyRow
from tests.conftest import NOW
from tests.privacy.key_harness import NEW, SHARED, KeyProcess
from tests.support import records
from tests.support.records import at, value_of
from tests.support.stages import make_normalizer

MESSAGE = UUID("00000000-0000-4000-8000-000000000001")


def statements(engine: Engine) -> list[str]:
    """Return a list that grows with each statement of this engine."""
    executed: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: executed.append(arguments[2]))
    return executed


def test_two_processes_use_one_key_for_each_person(engine: Engine) -> None:
    """A text names its key, opens in each process, and is the same for the same message: a replay changes nothing."""
    first, second = KeyProcess(engine), KeyProcess(engine)
    ani, budi = (first.sealer.seal_for(sender, b"rahasia", MESSAGE) for sender in ("ani", "budi"))
    assert ani.partition(".")[0] != budi.partition(".")[0]
    assert second.sealer.seal_for("ani", b"rahasia", MESSAGE) == ani
    assert [second.sealer.open(text, MESSAGE) for text in (ani, budi)] == [b"rahasia"] * 2


def test_known_senders_need_no_statement(engine: Engine) -> None:
    """The hot path reads no key of a known sender for five minutes. A batch is one query."""
    process = KeyProcess(engine)
    texts = [process.sealer.seal_for(str(number), b"x", MESSAGE) for number in range(3)]
    executed = statements(engine)
    assert [process.sealer.seal_for(str(number), b"x", MESSAGE) for number in range(3)] == texts
    assert executed == []
    process.clock = MAX_CACHE_SECONDS
    process.sealer.prepare_opening(f'{{"body":"{text}"}}'.encode() for text in texts)
    assert sum("person_key" in statement for statement in executed) == 1
    assert [process.sealer.open(text, MESSAGE) for text in texts] == [b"x"] * 3
    assert sum("person_key" in statement for statement in executed) == 1


def test_new_senders_need_one_statement(engine: Engine) -> None:
    """A door makes the keys of all senders who wait at once. Only if one of them has a key already, it reads them."""
    process, other = KeyProcess(engine), KeyProcess(engine)
    executed = statements(engine)
    process.sealer.prepare_soon(["ani", "budi", "citra"])
    assert len([statement for statement in executed if "person_key" in statement]) == 1
    other.sealer.prepare_soon(["ani", "dewi"])
    text = process.sealer.seal_for("ani", b"x", MESSAGE)
    assert other.sealer.seal_for("ani", b"x", MESSAGE) == text


def test_texts_of_the_shared_key_still_open(engine: Engine) -> None:
    """What was sealed before, or without a database, opens with the shared key."""
    text = Sealer([SHARED]).seal(b"lama", MESSAGE)
    assert KeyProcess(engine).sealer.open(text, MESSAGE) == b"lama"


@pytest.mark.only_on("sqlite", "a transaction locks the whole file")
def test_a_door_seals_with_the_shared_key_while_the_database_is_away(parts: Parts) -> None:
    """It accepts the message all the same, and the normalizer makes a complaint of it."""
    with write_transaction(parts.keys.key_engine):
        text = KeyProcess(parts.keys.key_engine, patience=0.01).sealer.seal_for("ani", b"x", MESSAGE)
        message = records.web(parts, "Lampu jalan padam di Kota Palu")
    assert Sealer([SHARED]).open(text, MESSAGE) == b"x"
    assert not value_of(message)["body"].startswith("p")
    (complaint,) = make_normalizer(parts.engine, parts.sealer).handle([at(message, 1)])
    assert value_of(complaint)["contact"].startswith("p")


def test_a_call_that_hangs_delays_only_the_first_caller() -> None:
    """Until the pause is over, no further call is made: a door falls back at once."""
    clock, calls, release = [0.0], [], threading.Event()

    def hang() -> None:
        calls.append(1)
        release.wait()

    call: BoundedCall[None] = BoundedCall(lambda: clock[0], 0.01, 5.0, 1, system_threads().start_background)
    for _ in range(3):
        with pytest.raises(CallNotAnswered):
            call(hang)
    assert len(calls) == 1
    release.set()
    clock[0] = 5.0
    patient: BoundedCall[None] = BoundedCall(lambda: clock[0], 60.0, 5.0, 1, system_threads().start_background)
    patient(lambda: calls.append(2))
    assert calls == [1, 2]
    with pytest.raises(ZeroDivisionError):
        patient(lambda: 1 // 0)  # type: ignore[arg-type]
    with pytest.raises(CallNotAnswered, match="paused"):
        patient(lambda: None)


def test_calls_share_a_thread_unless_one_hangs() -> None:
    """To start a thread for each batch of new senders costs more than the statement."""
    call: BoundedCall[int] = BoundedCall(lambda: 0.0, 60.0, 5.0, 2, system_threads().start_background)
    threads = [call(threading.get_ident) for _ in range(3)]
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
    assert call(lambda: call(threading.get_ident)) not in threads


def test_places_of_calls_that_hang_or_cannot_start() -> None:
    """Without a place one caller waits, and the pause spares the next one. A thread that fails to start has none."""
    clock, release = [0.0], threading.Event()

    def fail(_run: Callable[[], None], _name: str) -> object:
        raise RuntimeError("can't start new thread")

    start_functions = iter((fail, system_threads().start_background))

    def start_thread(run: Callable[[], None], name: str) -> object:
        return next(start_functions)(run, name)

    call: BoundedCall[object] = BoundedCall(lambda: clock[0], 0.01, 5.0, 1, start_thread)
    with pytest.raises(CallNotAnswered, match="no thread"):
        call(release.wait)
    causes = ("no answer in time", "too many calls wait", "paused")
    for seconds, cause in zip((5.0, 10.0, 10.0), causes, strict=True):
        clock[0] = seconds
        with pytest.raises(CallNotAnswered, match=cause):
            call(release.wait)
    release.set()


def test_a_damaged_key_stops_only_its_own_texts(parts: Parts) -> None:
    """The contact of its sender is sealed with the shared key. Messages of other senders go on as before."""
    process = KeyProcess(parts.keys.key_engine)
    parts.keys.sealer = PersonSealer(parts.secrets.seal_keys, process.keys)
    process.keys.prepare([parts.wrapper.sender_hash("tel:+628000000021")])
    with write_transaction(parts.keys.key_engine) as connection:
        connection.execute(update(PersonKeyRow).values(wrapped="AAAA"))
    process.clock = MAX_CACHE_SECONDS
    numbers = ("+628000000021", "+628000000022")
    arrivals = [at(records.sms(parts, "Pasar becek di Kota Palu", number), 1) for number in numbers]
    restarted = PersonSealer(parts.secrets.seal_keys, KeyProcess(parts.keys.key_engine).keys)
    complaints = [
        value_of(output)
        for output in make_normalizer(parts.engine, restarted).handle(arrivals)
        if output.topic == COMPLAINTS
    ]
    assert [complaint["contact"].startswith("p") for complaint in complaints] == [False, True]


def test_a_missing_root_key_is_named_and_nothing_is_lost(parts: Parts) -> None:
    """The normalizer stops with its offset. With the root key back it continues."""
    process = KeyProcess(parts.keys.key_engine, roots=NEW)
    parts.keys.sealer = process.sealer
    record = at(records.sms(parts, "Pasar becek di Kota Palu", "+628000000021"), 1)
    lacking = KeyProcess(parts.keys.key_engine, roots="")
    with pytest.raises(Stop, match="tahun-2026"):
        make_normalizer(parts.engine, lacking.sealer).handle([record])
    assert "tahun-2026" not in lacking.sealer.key_ids
    lacking.roots, lacking.clock = NEW, 60.0
    assert make_normalizer(parts.engine, lacking.sealer).handle([record])
    assert "tahun-2026" in lacking.sealer.key_ids


def test_a_door_without_the_root_key_of_a_sender_still_accepts(engine: Engine) -> None:
    """It seals with the shared key."""
    KeyProcess(engine, roots=NEW).sealer.seal_for("ani", b"x", MESSAGE)
    assert Sealer([SHARED]).open(KeyProcess(engine).sealer.seal_for("ani", b"x", MESSAGE), MESSAGE) == b"x"
    with pytest.raises(MissingRootKeyError, match="tahun-2026"):
        KeyProcess(engine).keys.prepare(["ani"])


def test_a_destroyed_key_opens_nothing_and_is_told_from_an_unknown_one(engine: Engine) -> None:
    """A text whose key was destroyed is that of a person who is forgotten; an unknown key is a fault of ours."""
    process = KeyProcess(engine)
    text = process.sealer.seal_for("ani", b"x", MESSAGE)
    with write_transaction(engine) as connection:
        connection.execute(update(PersonKeyRow).values(wrapped="", root_key_id="", retired_at=NOW))
    process.clock = MAX_CACHE_SECONDS
    with pytest.raises(ForgottenKeyError):
        process.sealer.open(text, MESSAGE)
    with pytest.raises(UnknownKeyError, match="p0123"):
        process.sealer.open(type(text)("p0123." + text.partition(".")[2]), MESSAGE)
    assert process.sealer.seal_for("ani", b"x", MESSAGE) != text
