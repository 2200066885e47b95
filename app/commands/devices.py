"""A device of the mobile app: what is known of it, and the end of its tokens."""

import json
from typing import Annotated
from uuid import UUID

import typer

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import utc_now
from app.commands.common import EX_USAGE, Actor, must_say, opened, stop
from app.operations.devices import DeviceDesk
from ingest.mobile.sequences import Sequences

commands = typer.Typer(no_args_is_help=True, help="Devices of the mobile app.")

Device = Annotated[str, typer.Argument(metavar="DEVICE_ID", help="The UUID that the app made, as its makers know it.")]
Why = Annotated[str, typer.Option("--reason", help="Kept with the decision; name no citizen.")]


@commands.command()
def show(device: Device) -> None:
    """Say when it registered, how often its tokens were ended, and what of its count came; not what it reported."""
    wanted = _uuid(device)
    with opened() as parts:
        about = _desk(parts).about(wanted)
    if about is None:
        stop("no such device has registered", 1)
    print(json.dumps(about))


@commands.command()
def revoke(device: Device, actor: Actor, why: Why) -> None:
    """End every token of a device, at once. Its app may register again, as after any end of a token."""
    must_say(actor, why, "--reason")
    wanted = _uuid(device)
    with opened() as parts:
        parts.ensure_topics()
        revoked = _desk(parts).revoke(wanted, actor, why, utc_now())
    if revoked is None:
        stop("no such device has registered", 1)
    print(f"{revoked.hash}: every token ended")


def _desk(parts: Parts) -> DeviceDesk:
    migrate(parts.engine)
    return DeviceDesk(parts.bus, parts.devices, Sequences(parts.engine), parts.audit_log)


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        stop("DEVICE_ID is a UUID, as the app made it", EX_USAGE)
