"""The data folder of a training room: nothing of a real service reaches it, and it is no other room."""

from pathlib import Path

import pytest

from app.training.room import FOLDER, TrainingCase, open_room, read_room, room_settings, store_cases
from bus.errors import Stop
from config.settings import Settings

AGENCY = "kota-3374"


def test_a_room_has_no_key_of_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a real service sends with, writes to or reads from, its training room does not know it."""
    for name, value in {
        "bus": "kafka",
        "kafka_bootstrap": "broker.example:9092",
        "database_url": "postgresql://server.example/real",
        "twilio_account_sid": "AC00000000000000000000000000000001",
        "smtp_host": "mail.example",
        "smtp_from": "lapor@dinas.example",
        "x_bearer_token": "token",
        "secret_key": "one secret of the real service 000",
    }.items():
        monkeypatch.setenv(f"SATUPINTU_{name.upper()}", value)
    monkeypatch.setenv("SATUPINTU_PORT", "17080")
    real = Settings(home=tmp_path)
    room = room_settings(real)
    assert (room.home, room.port, room.bus) == (tmp_path / FOLDER, 17080, "local")
    names = ("kafka_bootstrap", "database_url", "twilio_account_sid", "smtp_host", "x_bearer_token", "secret_key")
    assert [getattr(room, name) for name in names] == [Settings.model_fields[name].default for name in names]
    assert all(getattr(real, name) != getattr(room, name) for name in names)


def test_a_room_belongs_to_one_institution(tmp_path: Path) -> None:
    """It keeps its reports when it is opened again. Another institution, or a damaged mark, is refused."""
    home = tmp_path / FOLDER
    assert read_room(home) is None
    open_room(home, AGENCY)
    cases = (TrainingCase(key="lampu", number="AAAA-BBBB-CCCC"),)
    store_cases(home, AGENCY, cases)
    open_room(home, AGENCY)
    room = read_room(home)
    assert room is not None
    assert room.cases == cases
    with pytest.raises(Stop, match="training room of kota-3374"):
        open_room(home, "kota-3273")
    (home / "training.json").write_text("{")
    with pytest.raises(Stop, match="Delete the folder"):
        read_room(home)


def test_a_real_data_folder_becomes_no_room(tmp_path: Path) -> None:
    """Invented reports beside real ones could not be told apart."""
    (tmp_path / "satupintu.db").write_bytes(b"")
    with pytest.raises(Stop, match="not of a training room"):
        open_room(tmp_path, AGENCY)
    assert read_room(tmp_path) is None
