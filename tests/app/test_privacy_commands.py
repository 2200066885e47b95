"""Commands of the keys and of forgetting: what they print, and what they refuse."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive
from tests.privacy.key_harness import NEW
from tests.support import program, records
from tests.support.case_stages import make_case_stage
from tests.support.records import value_of
from tests.support.stages import make_normalizer

ROOT_SECRET_VARIABLES = {"SATUPINTU_LOG_LEVEL": "warning"}


@pytest.fixture
def environment(parts: Parts) -> dict[str, str]:
    """Return the environment of a shell in which the commands work on the data of `parts`."""
    return {**program.environment_of(parts.settings), **ROOT_SECRET_VARIABLES}


def run(environment: dict[str, str], tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of a command."""
    result = program.run(arguments, environment, tmp_path)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.slow
def test_keys_are_listed_and_rotated(parts: Parts, environment: dict[str, str], tmp_path: Path) -> None:
    """The list names each root key with what it wraps; a rotation needs a person and a reason, and empties the old."""
    records.sms(parts, "Pasar becek", "+628000000021")
    derived = parts.keys.root_keys.current.id
    rotated = {**environment, "SATUPINTU_ROOT_KEYS": NEW}
    assert run(rotated, tmp_path, "keys", "rotate")[0] == 2
    code, output, _ = run(rotated, tmp_path, "keys", "rotate", "--actor", "petugas-1", "--why", "kunci tahunan")
    assert (code, output) == (0, "1 keys wrapped again by root key tahun-2026\n")
    listed = json.loads(run(rotated, tmp_path, "keys", "list", "--json")[1])
    assert [(row["root_key"], row["state"], row["keys"]) for row in listed["root_keys"]] == [
        ("tahun-2026", "current", 1),
        (derived, "opens", 0),
    ]
    code, _, errors = run(environment, tmp_path, "keys", "rotate", "--actor", "petugas-1", "--why", "kembali")
    assert code == 1
    assert "tahun-2026 is missing" in errors
    assert parts.keys.key_store.root_key_uses()[0].root_key_id == "tahun-2026"


@pytest.mark.slow
def test_forget_shows_first_and_asks_for_a_reason(parts: Parts, environment: dict[str, str], tmp_path: Path) -> None:
    """A dry run changes nothing; the act reaches the archive, too.

    Without a number, with an unknown one and without a reason it refuses.
    """
    message = records.sms(parts, "Pasar becek di Kota Palu", "+628000000021")
    (complaint,) = make_normalizer(parts.engine, parts.sealer).handle([records.at(message)])
    make_case_stage(parts.engine).handle([records.at(complaint)])
    with closing(parts.bus.producer()) as producer:
        producer.publish([message, complaint])
    number = value_of(message)["tracking"]
    assert run(environment, tmp_path, "forget")[0] == 2
    assert run(environment, tmp_path, "forget", number)[0] == 2
    assert run(environment, tmp_path, "forget", "--sender-link", "https://x.id/l/abc", "--dry-run")[0] == 1
    shown = json.loads(run(environment, tmp_path, "forget", number, "--dry-run", "--json")[1])
    assert (shown["messages"], shown["counts"], shown["shared_seal"]) == (1, {}, [])
    archive(parts, tmp_path / "archive")
    environment["SATUPINTU_ARCHIVE_FOLDER"] = str(tmp_path / "archive")
    act = ("--actor", "petugas-1", "--why", "permintaan tertulis", "--json")
    done = json.loads(run(environment, tmp_path, "forget", number, *act)[1])
    assert done["counts"]["case_words"] == 1
    assert done["archive"].endswith("from 2 records in 2 files.")
    assert run(environment, tmp_path, "archive", "redraw", str(tmp_path / "archive"))[0] == 2
    redrawn = json.loads(run(environment, tmp_path, "archive", "redraw", str(tmp_path / "archive"), *act)[1])
    assert redrawn == {"records": 0, "files": 0}
    assert json.loads(run(environment, tmp_path, "forget", "--finish", "--json")[1])["persons"] == 0
    assert "person_key" in json.loads(run(environment, tmp_path, "forget", "--tables", "--json")[1])
