"""Commands of the keys: list the root keys with what each wraps, wrap the keys of persons again, adopt a secret key."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.common.arguments import Actor, Json
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import print_json, print_line, print_note, print_table, stop

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the root keys, the current one first, with the number of persons' keys that each wraps."""
    with open_parts_with_tables() as parts:
        ids = list(parts.keys.root_keys.ids)
        uses = {use.root_key_id: use for use in parts.keys.key_store.root_key_uses()}
    destroyed = uses.pop("", None)
    rows = [
        {
            "root_key": key_id,
            "state": "missing" if key_id not in ids else "current" if key_id == ids[0] else "opens",
            "keys": uses[key_id].keys if key_id in uses else 0,
            "retired": uses[key_id].retired if key_id in uses else 0,
        }
        for key_id in dict.fromkeys([*ids, *uses])
    ]
    if as_json:
        print_json({"root_keys": rows, "destroyed": destroyed.keys if destroyed else 0})
        return
    print_table(("root key", "state", "keys", "retired"), [tuple(row.values()) for row in rows], uncut=("root key",))
    print_note(f"{destroyed.keys if destroyed else 0} keys are destroyed.")


@commands.command()
def adopt(actor: Actor = "", why: Annotated[str, typer.Option("--why", help="Recorded with the change.")] = "") -> None:
    """Let the database know the secret key of this process, and no other. Processes with another key do not start.

    It is for a secret key that was lost, or for a database whose first process had the wrong one.
    """
    from privacy.service_keys import adopt as adopt_key

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("keys.adopt", parts.keys.own_key_id, actor, why, parts.now())
        former_ids = adopt_key(parts.engine, parts.keys.own_key_id, parts.settings.instance, parts.now())
    print_line(f"The key of the service is {parts.keys.own_key_id}. Before: {', '.join(former_ids) or 'none'}")


@commands.command()
def rotate(
    actor: Actor = "", why: Annotated[str, typer.Option("--why", help="Recorded with the rotation.")] = ""
) -> None:
    """Wrap the keys of all persons again under the current root key. The service runs meanwhile.

    A rotation that was interrupted is continued by the same command.
    """
    from privacy.rotation import rotate as rotate_keys

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("keys.rotate", parts.keys.root_keys.current.id, actor, why, parts.now())
        report = rotate_keys(
            parts.keys.key_store, parts.keys.root_keys, lambda count: print_note(f"{count} keys are wrapped again.")
        )
    print_line(f"{report.rewrapped} keys wrapped again by root key {report.root_key_id}")
    for key_id, count in report.missing.items():
        print_note(f"Root key {key_id} is missing. {count} keys that it wraps were left as they are.")
    for key_id in report.damaged:
        print_note(f"The wrapped key {key_id} is damaged, or its root key has other digits. It was left as it is.")
    if not report.is_complete:
        stop("Add the missing root keys, then run this again.", 1)
