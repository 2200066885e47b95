"""The `satupintu` command line: which commands there are, and how each ends."""

import sqlite3

import typer

from app.assembly.parts import EX_CONFIG
from app.commands import (
    audit_log,
    dead_letters,
    devices,
    explain,
    merge_split,
    monitoring,
    purge,
    quarantine,
    reconcile,
    reports,
    routing,
    rule_suggestions,
    rules,
    service,
    simulator,
    triage,
    x,
)
from app.commands.common import EX_UNAVAILABLE, stop
from app.simulator.replay import ReplayError
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from config.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="One door for public complaints."
)
# In the order in which `satupintu --help` lists them.
app.command()(service.run)
app.command()(service.check)
app.command()(monitoring.top)
app.command()(monitoring.lag)
app.command()(reports.topics)
app.command()(reports.tail)
app.command()(reports.status)
app.command()(reports.trace)
app.command()(reports.answer)
app.command()(merge_split.split)
app.command()(merge_split.merge)
app.command("x-reads")(x.reads)
app.command("x-withdrawn")(x.withdrawn)
app.command()(simulator.replay)
app.command()(reports.audit)
app.command()(purge.purge)
app.command()(simulator.demo)
app.command()(simulator.sign)
triage.commands.command()(rule_suggestions.suggest)
app.add_typer(triage.commands, name="triage")
app.add_typer(quarantine.commands, name="quarantine")
app.add_typer(dead_letters.commands, name="letters")
app.add_typer(reconcile.commands, name="reconcile")
app.add_typer(devices.commands, name="devices")
app.add_typer(audit_log.commands, name="audit-log")
explain.commands.command("route")(routing.explain_route)
explain.evaluations.command("route")(routing.evaluate_route)
app.add_typer(explain.commands, name="explain")
app.add_typer(explain.evaluations, name="eval")
app.add_typer(rules.commands, name="rules")


def main() -> None:
    """Run a command; what a person can mend is said in a sentence, not in a traceback."""
    try:
        app()
    except (SettingsError, ReplayError, Stop) as error:
        stop(str(error), EX_CONFIG)
    except (OSError, sqlite3.Error) as error:
        stop(f"{type(error).__name__}: {error}; look at the data folder (SATUPINTU_HOME)", EX_UNAVAILABLE)
    except (Retry, DatabaseUnavailable) as error:
        stop(f"{error}: the bus or the database can't be reached; is it running?", EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
