"""The data folder of a training room: whose cases it has, and the settings that keep it apart from everything real."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bus.errors import Stop
from config.settings import Settings

FOLDER = "training"
_MARK = "training.json"
# Settings of a real service that a training room may have, too. All others, as keys of providers, keep their defaults.
_SHARED_SETTINGS = (
    *("host", "port", "public_url", "ops_host", "ops_port", "desk_port", "desk_url"),
    *("reference_folder", "operator_name", "log_level", "log_format"),
)


class TrainingCase(BaseModel):
    """An invented report that a door accepted: its number, and the key of its text in `cases.json`."""

    model_config = ConfigDict(frozen=True)

    key: str
    number: str


class TrainingRoom(BaseModel):
    """Content of the mark: the code of the institution, and the reports that were sent."""

    model_config = ConfigDict(frozen=True)

    agency: Annotated[str, Field(min_length=1)]
    cases: tuple[TrainingCase, ...] = ()


def room_settings(settings: Settings) -> Settings:
    """Return the settings of the training room beside this service: own data, the embedded bus, and no provider."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    shared = {name: getattr(settings, name) for name in _SHARED_SETTINGS}
    return Settings.model_validate({**defaults, **shared, "home": settings.home / FOLDER})


def open_room(home: Path, agency: str) -> None:
    """Make the data folder a training room of this institution.

    Raises `Stop` if it is one of another institution, or has data of a real service.
    """
    room = read_room(home)
    if room is None and home.exists() and any(home.iterdir()):
        raise Stop(f"{home} has data that are not of a training room. Move them elsewhere.")
    if room is not None and room.agency != agency:
        raise Stop(f"{home} is the training room of {room.agency}. Delete this folder to begin one of {agency}.")
    if room is None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(home, TrainingRoom(agency=agency))


def read_room(home: Path) -> TrainingRoom | None:
    """Return the training room in this data folder, `None` for the folder of a real service. Raises `Stop`."""
    try:
        return TrainingRoom.model_validate_json((home / _MARK).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise Stop(f"{home / _MARK} cannot be read. Delete the folder to begin a new training room.") from error


def store_cases(home: Path, agency: str, cases: Sequence[TrainingCase]) -> None:
    """Store the reports that were sent."""
    _write(home, TrainingRoom(agency=agency, cases=tuple(cases)))


def _write(home: Path, room: TrainingRoom) -> None:
    new = home / f"{_MARK}.tmp"
    new.write_text(room.model_dump_json(indent=2) + "\n")
    new.replace(home / _MARK)
