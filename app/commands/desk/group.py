"""The group `satupintu desk`: one group of commands for each part of the desk."""

import typer

from app.commands import read_models
from app.commands.desk import accounts, keys, units, webhooks

commands = typer.Typer(no_args_is_help=True)
commands.command("rebuild")(read_models.rebuild_desk)
for command in (
    accounts.invite,
    accounts.link,
    accounts.move,
    accounts.appoint,
    accounts.leave,
    accounts.unlock,
    accounts.revoke,
    accounts.sessions,
    accounts.accounts,
):
    commands.command()(command)
commands.command()(keys.key)
commands.command()(units.units)
commands.add_typer(webhooks.commands, name="webhook", help="Show and change the webhooks of an agency.")
