"""Commands of the mobile app's devices: show a device, and revoke its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn
from uuid import UUID

import typer

from app.commands.common.arguments import Actor, require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_line, stop

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.devices import DeviceDesk

commands = typer.Typer(no_args_is_help=True)

Device = Annotated[str, typer.Argument(metavar="DEVICE_ID", help="The UUID that the app made, as its makers know it.")]
Reason = Annotated[str, typer.Option("--why", help="Recorded with the decision. Name no citizen.")]


@commands.command()
def show(device: Device) -> None:
    """Show a device's registration, its revocations and the numbers of its reports, without their text."""
    device_id = _device_id(device)
    with open_parts_with_tables() as parts:
        facts = _desk(parts).describe(device_id)
    if facts is None:
        _stop_unknown()
    print_json(facts)


@commands.command()
def revoke(device: Device, actor: Actor, reason: Reason) -> None:
    """Revoke every token of a device at once. Its app may register again."""
    require_actor_and_reason(actor, reason)
    device_id = _device_id(device)
    with open_parts_with_tables() as parts:
        parts.ensure_topics()
        revoked = _desk(parts).revoke(device_id, actor, reason, parts.now())
    if revoked is None:
        _stop_unknown()
    print_line(f"{revoked.hash}: every token revoked")


def _desk(parts: Parts) -> DeviceDesk:
    from app.operations.devices import DeviceDesk
    from ingest.mobile.sequences import Sequences

    return DeviceDesk(parts.bus, parts.doors.devices, Sequences(parts.engine), parts.audit_log)


def _device_id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        stop("DEVICE_ID is not a UUID. Write the UUID that the app made.", EX_USAGE)


def _stop_unknown() -> NoReturn:
    stop("No device with this id has registered.", 1)
