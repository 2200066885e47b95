"""Command of the units of an institution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_note, print_rows, stop

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from desk.units.tree import UnitFault, UnitFaultReason
    from desk.units.units import Units

_COLUMNS = ("code", "name", "parent", "decree", "decree date", "from", "until")
_FAULTS: dict[UnitFaultReason, str] = {
    "code-invalid": "The code {code} cannot be one. Write letters, digits, '.', '_' or '-', at most 40.",
    "code-taken": "The code {code} stands twice. Give one of the two units another code.",
    "name-invalid": "The unit {code} has no name, or one that is too long.",
    "decree-invalid": "The decree of the unit {code} is too long.",
    "parent-unknown": "There is no unit {code}. Add it to the file, or leave the parent empty.",
    "cycle": "The unit {code} would be below itself. Change its parent.",
    "days-reversed": "The last day of the unit {code} is before its first one.",
    "too-many": "An institution has at most 5000 units.",
    "unknown-unit": "There is no unit {code}.",
    "has-units": "The unit {code} has units below it. Move or remove these first.",
    "has-open-cases": "The unit {code} has open cases. Pass them on first.",
    "has-requests": "The unit {code} is asked for a contribution. Withdraw the request at its report first.",
    "has-officers": "The unit {code} has officers or invitations. `satupintu desk move` gives them another one.",
    "has-keys": "The unit {code} has keys or webhooks of programs. `satupintu desk key --revoke ID` revokes a key.",
    "file-encoding": "The file is not UTF-8. Save it as CSV UTF-8.",
    "file-columns": "The first line must have the columns code,name,parent and no others.",
    "file-unreadable": "The file is no CSV: a quotation mark is not closed.",
    "file-empty": "The file has no unit. Its first line has the columns code,name,parent.",
    "file-too-large": "The file has more than 1 MB.",
}


def units(
    agency: Annotated[str, typer.Argument(metavar="AGENCY", help="The institution, by code (kota-3374) or name.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the action. Name no citizen.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Add and change the units of a CSV file with the columns code,name,parent. Removes none.",
        ),
    ] = None,
    remove: Annotated[str, typer.Option("--remove", metavar="CODE", help="Remove this unit.")] = "",
    as_json: Json = False,
) -> None:
    """List the units of an institution, import them from a CSV file, or remove one."""
    from desk.units.tree import UnitFault, read_code

    if file is None and not remove:
        with open_parts_with_tables() as parts:
            _print_units(_units(parts), _code(parts, agency), as_json=as_json)
        return
    with open_parts_for_action(actor, why) as parts:
        code = _code(parts, agency)
        try:
            if remove:
                _units(parts).remove(code, read_code(remove) or remove, actor, why)
                print_note(f"{remove} is removed.")
            if file is not None:
                result = _units(parts).import_file(code, _content(file), actor, why)
                print_note(f"{result.added} units added, {result.changed} changed, {result.units} in the file.")
        except UnitFault as fault:
            stop(fault_sentence(fault), EX_USAGE)


def _units(parts: Parts) -> Units:
    from desk.units.units import Units

    return Units(parts.engine, parts.audit_log.append, parts.now)


def _code(parts: Parts, agency: str) -> str:
    from messages.topics import TRIAGE

    code = agency_code(parts, agency)
    if code == TRIAGE:
        stop("Triage has no units.", EX_USAGE)
    return code


def _content(file: Path) -> bytes:
    """Return the content of a file, or a beginning of it that is too large."""
    from desk.units.unit_file import MAX_FILE_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}.", EX_USAGE)


def fault_sentence(fault: UnitFault) -> str:
    """Return the sentence about a fault."""
    sentence = _FAULTS[fault.reason].format(code=fault.code)
    return f"Line {fault.line}: {sentence}" if fault.line else sentence


def _print_units(units: Units, agency: str, *, as_json: bool) -> None:
    tree = units.tree(agency)
    rows = [
        {
            "code": unit.code,
            "name": unit.name if as_json else "  " * depth + unit.name,
            "parent": unit.parent,
            "decree": unit.decree,
            "decree date": unit.decree_date.isoformat() if unit.decree_date else "",
            "from": unit.valid_from.isoformat() if unit.valid_from else "",
            "until": unit.valid_until.isoformat() if unit.valid_until else "",
        }
        for depth, unit in tree.in_order()
    ]
    print_rows(_COLUMNS, rows, ("code",), as_json=as_json)
