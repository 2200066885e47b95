"""What commands share: the parts of this process, where they print, options that mean the same everywhere, ends."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import utc_now
from app.commands.time_arguments import read_moment
from config import logs
from config.settings import load

# As much as an event on `oversight` holds of it, and a correction.
_ACTOR, _WHY = 200, 500

# sysexits.h.
EX_USAGE = 2
EX_UNAVAILABLE = 69

OUT = Console()
ERR = Console(stderr=True)

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Actor = Annotated[str, typer.Option("--actor", help="Who decides; kept with the decision.")]


def stop(says: str, code: int) -> NoReturn:
    """End the process with a sentence."""
    ERR.print(says, style="bold red", markup=False, highlight=False)
    sys.exit(code)


@contextmanager
def acting(actor: str, why: str, named: str = "--why") -> Iterator[Parts]:
    """As `opened`, for an act of a person: who acts and why was said, and there is a log to keep it in."""
    must_say(actor, why, named)
    with opened() as parts:
        migrate(parts.engine)
        yield parts


@contextmanager
def opened() -> Iterator[Parts]:
    """The parts of a process with the settings of its environment, which logs as they say."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    yield Parts(settings, CHANNELS)


def finite(typed: float | None) -> float | None:
    """Refuses `nan` and `inf`, which are within every range and none."""
    if typed is not None and not isfinite(typed):
        raise typer.BadParameter(f"{typed} is no number to count with")
    return typed


def moment(typed: str) -> datetime:
    """The moment that was typed; else the process ends and says what is understood."""
    try:
        return read_moment(typed, utc_now())
    except ValueError as error:
        stop(str(error), EX_USAGE)


def plain(line: str) -> str:
    """Without what a terminal would take for an order."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def print_revealed(body: bytes) -> None:
    """Print what somebody wrote: to a terminal plainly, line by line; a file or a program gets it as it is."""
    says = body.decode("utf-8", "replace")
    print("\n".join(map(plain, says.splitlines())) if sys.stdout.isatty() else says)


def must_say(actor: str, why: str, named: str = "--why") -> None:
    """The process ends where it was not said who decides, and why, in a line each."""
    if not actor.strip() or not why.strip():
        stop(f"--actor and {named} are needed: they are kept with what you do", EX_USAGE)
    if len(actor) > _ACTOR or len(why) > _WHY:
        stop(f"--actor takes {_ACTOR} characters, {named} {_WHY}", EX_USAGE)
    if not (actor + why).isprintable():
        stop(f"--actor and {named} are a line each, of characters that can be seen", EX_USAGE)


def fault(error: ValidationError) -> str:
    """The first field at fault, and never what stood there."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'the line'}: {first['msg']}"


def labelled(path: Path, read: Callable[[Path], Sequence[T]]) -> Sequence[T]:
    """The examples in a file; else the process ends and says what is wrong with it."""
    try:
        found = read(path)
    except OSError as error:
        stop(f"{path}: {error.strerror}", EX_USAGE)
    except ValidationError as error:
        stop(f"{path}: {fault(error)}", EX_USAGE)
    except UnicodeDecodeError:
        stop(f"{path} is not UTF-8", EX_USAGE)
    if not found:
        stop(f"{path} holds no examples", EX_USAGE)
    return found
