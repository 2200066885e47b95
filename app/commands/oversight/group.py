"""The group `satupintu oversight`."""

import typer

from app.commands.oversight import read_model

commands = typer.Typer(no_args_is_help=True)
# With a callback, a group of one command keeps the name of that command.
commands.callback()(lambda: None)
commands.command()(read_model.rebuild)
