"""Root keys come from a setting, a file or a command, and a rotation changes no sealed text and no id."""

from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from config.database import read_transaction
from config.settings import Settings
from privacy.root_keys import RootKeysError, open_root_keys, parse_root_keys
from privacy.rotation import rotate
from privacy.tables import PersonKeyRow
from tests.conftest import NOW
from tests.privacy.key_harness import NEW, OLD, KeyProcess

MESSAGE = UUID("00000000-0000-4000-8000-000000000001")
SENDERS = [f"sender-{number}" for number in range(5)]


def wrapping_ids(engine: Engine) -> set[str]:
    """Return the ids of the root keys that wrap a key."""
    with read_transaction(engine) as connection:
        return set(connection.execute(select(PersonKeyRow.root_key_id)).scalars())  # type: ignore[call-overload]


def test_each_source_gives_the_same_keys(settings: Settings, tmp_path: Path) -> None:
    """A setting, a file and the output of a command are one list. Without one, the key derives from the secret."""
    file = tmp_path / "root-keys"
    file.write_text(f"{NEW}\n{OLD}\n")
    sources = ({"root_keys": f"{NEW},{OLD}"}, {"root_key_file": file}, {"root_key_command": f"cat {file}"})
    ids = [
        open_root_keys(Settings.model_validate({**settings.model_dump(), **source}), b"d" * 32, lambda: 0.0).ids
        for source in sources
    ]
    assert ids == [["tahun-2026", "tahun-2025", "derived-" + ids[0][2][-8:]]] * 3
    assert len(open_root_keys(settings, b"d" * 32, lambda: 0.0).ids) == 1


@pytest.mark.parametrize("text", ["no-digits", "a:12", f"{OLD} {OLD}", f"{OLD} b:{'zz' * 32}"])
def test_a_wrong_list_is_refused_without_quoting_it(text: str) -> None:
    """The error may stand in a log, so it quotes no digit of a key."""
    with pytest.raises(RootKeysError) as refused:
        parse_root_keys(text)
    assert "0a0a" not in str(refused.value)
    assert "zz" not in str(refused.value)


def test_a_source_that_fails_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    """A file that is missing, a command that fails, and two sources are faults of the settings."""
    for source in ({"root_key_file": tmp_path / "missing"}, {"root_key_command": "exit 3"}):
        with pytest.raises(RootKeysError):
            open_root_keys(settings.model_copy(update=source), b"d" * 32, lambda: 0.0)
    with pytest.raises(ValidationError, match="SATUPINTU_ROOT_KEY_FILE"):
        Settings.model_validate({**settings.model_dump(), "root_keys": OLD, "root_key_command": "true"})


def test_a_rotation_wraps_every_key_again_and_changes_no_text(engine: Engine) -> None:
    """The service runs meanwhile: a process with both root keys opens each text before, during and after it."""
    service = KeyProcess(engine)
    texts = [service.sealer.seal_for(sender, b"x", MESSAGE) for sender in SENDERS]
    operator = KeyProcess(engine, roots=f"{NEW} {OLD}")

    def open_all(_count: int) -> None:
        reader = KeyProcess(engine, roots=f"{NEW} {OLD}")
        assert [reader.sealer.open(text, MESSAGE) for text in texts] == [b"x"] * len(texts)

    report = rotate(operator.store, operator.root_keys, open_all, batch=2)
    assert (report.rewrapped, report.is_complete) == (5, True)
    after = KeyProcess(engine, roots=NEW)
    assert [after.sealer.seal_for(sender, b"x", MESSAGE) for sender in SENDERS] == texts
    assert wrapping_ids(engine) == {"tahun-2026"}


def test_an_interrupted_rotation_continues(engine: Engine) -> None:
    """Keys that are wrapped already are left alone."""
    service = KeyProcess(engine)
    service.keys.prepare(SENDERS)
    operator = KeyProcess(engine, roots=f"{NEW} {OLD}")

    class Interrupted(Exception):
        pass

    def interrupt(_count: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        rotate(operator.store, operator.root_keys, interrupt, batch=2)
    assert wrapping_ids(engine) == {"tahun-2025", "tahun-2026"}
    assert rotate(operator.store, operator.root_keys, lambda _count: None).rewrapped == 3
    assert rotate(operator.store, operator.root_keys, lambda _count: None).rewrapped == 0


def test_a_rotation_without_an_earlier_root_key_names_it_and_leaves_its_keys(engine: Engine) -> None:
    """Nothing is lost: the keys are wrapped again once the root key is there."""
    KeyProcess(engine).keys.prepare(SENDERS)
    operator = KeyProcess(engine, roots=NEW)
    report = rotate(operator.store, operator.root_keys, lambda _count: None)
    assert (report.rewrapped, dict(report.missing), report.is_complete) == (0, {"tahun-2025": 5}, False)
    assert wrapping_ids(engine) == {"tahun-2025"}


def test_a_running_process_learns_of_a_new_root_key(engine: Engine) -> None:
    """It reads the list again before it gives up, and keeps its keys if the list cannot be read."""
    service = KeyProcess(engine)
    KeyProcess(engine, roots=NEW).keys.prepare(["ani"])
    service.roots, service.clock = "broken", 20.0
    assert service.root_keys.ids == ["tahun-2025", "derived-test"]
    service.roots, service.clock = f"{NEW} {OLD}", 40.0
    service.keys.prepare(["ani"])
    assert service.root_keys.current.id == "tahun-2026"


def test_ids_and_numbers_do_not_depend_on_the_root_keys(settings: Settings, parts: Parts) -> None:
    """Message ids, tracking numbers and sender hashes derive from the secret key alone."""
    rotated = Parts(
        settings.model_copy(update={"root_keys": settings.root_keys.__class__(NEW)}), CHANNELS, system_surroundings()
    )
    raws = [each.wrapper.wrap("web", "1", "tel:+628000000021", b"{}", NOW, "x/y") for each in (parts, rotated)]
    fields = {"id", "tracking", "sender", "message_id"}
    assert raws[0].model_dump(include=fields) == raws[1].model_dump(include=fields)
    assert rotated.sealer.open(raws[0].body, raws[0].id) == b"{}"
    assert {use.root_key_id for use in parts.keys.key_store.root_key_uses()} == {parts.keys.root_keys.current.id}
