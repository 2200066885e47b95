"""Command line `satupintu`: the names of the commands, and the exit codes of errors."""

import os
import sqlite3

import typer

from app.commands import (
    audit_log,
    corrections,
    dead_letters,
    devices,
    explain,
    monitoring,
    providers,
    purge,
    quarantine,
    reports,
    rules,
    service,
    simulator,
    topics,
    triage,
)
from app.commands.common.terminal import EX_UNAVAILABLE, stop
from app.exit_codes import EX_CONFIG
from app.simulator.replay import ReplayError
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from config.private_files import PRIVATE_UMASK
from config.settings import SettingsError
from messages.codec import NewerVersionError

app = typer.Typer(
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="One door for public complaints."
)
# `satupintu --help` lists the commands in this order.
app.command()(service.run)
app.command()(service.check)
app.command()(monitoring.top)
app.command()(monitoring.lag)
app.command()(topics.topics)
app.command()(topics.tail)
app.command()(reports.status)
app.command()(reports.trace)
app.command()(reports.answer)
app.command()(reports.answer_key)
app.command()(corrections.split)
app.command()(corrections.merge)
app.command()(providers.x_reads)
app.command()(providers.x_withdrawn)
app.command()(simulator.replay)
app.command()(topics.audit)
app.command()(purge.purge)
app.command()(simulator.demo)
app.command()(simulator.sign)
app.add_typer(triage.commands, name="triage")
app.add_typer(quarantine.commands, name="quarantine")
app.add_typer(dead_letters.commands, name="letters")
app.add_typer(providers.reconciliations, name="reconcile")
app.add_typer(devices.commands, name="devices")
app.add_typer(audit_log.commands, name="audit-log")
app.add_typer(explain.commands, name="explain")
app.add_typer(explain.evaluations, name="eval")
app.add_typer(rules.commands, name="rules")


def main() -> None:
    """Run a command. An error that a person can fix ends with a sentence and an exit code, without a traceback."""
    # Files that this process creates hold reports of citizens.
    os.umask(PRIVATE_UMASK)
    try:
        app()
    except (SettingsError, ReplayError, Stop, NewerVersionError) as error:
        stop(str(error), EX_CONFIG)
    except (OSError, sqlite3.Error) as error:
        stop(f"{type(error).__name__}: {error}. Check the data folder (SATUPINTU_HOME).", EX_UNAVAILABLE)
    except (Retry, DatabaseUnavailable) as error:
        stop(f"The bus or the database cannot be reached: {error}. Check that it is running.", EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
