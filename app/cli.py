"""The `satupintu` command line: which commands there are, and how each ends."""

import sqlite3

import typer

from app.assembly import EX_CONFIG
from app.commands import (
    auditlog,
    devices,
    explain,
    following,
    letters,
    practice,
    purge,
    quarantine,
    reconcile,
    relating,
    route,
    rules,
    service,
    suggesting,
    triage,
    watching,
    x,
)
from app.commands.common import EX_UNAVAILABLE, stop
from app.practice.replay import ReplayError
from bus.errors import Retry, Stop
from config.database import DatabaseAway
from config.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="One door for public complaints."
)
# In the order in which `satupintu --help` lists them.
app.command()(service.run)
app.command()(service.check)
app.command()(watching.top)
app.command()(watching.lag)
app.command()(following.topics)
app.command()(following.tail)
app.command()(following.status)
app.command()(following.trace)
app.command()(following.answer)
app.command()(relating.split)
app.command()(relating.merge)
app.command("x-reads")(x.reads)
app.command("x-withdrawn")(x.withdrawn)
app.command()(practice.replay)
app.command()(following.audit)
app.command()(purge.purge)
app.command()(practice.demo)
app.command()(practice.sign)
triage.commands.command()(suggesting.suggest)
app.add_typer(triage.commands, name="triage")
app.add_typer(quarantine.commands, name="quarantine")
app.add_typer(letters.commands, name="letters")
app.add_typer(reconcile.commands, name="reconcile")
app.add_typer(devices.commands, name="devices")
app.add_typer(auditlog.commands, name="audit-log")
explain.commands.command("route")(route.explain_route)
explain.evaluations.command("route")(route.evaluate_route)
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
    except (Retry, DatabaseAway) as error:
        stop(f"{error}: the bus or the database can't be reached; is it running?", EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
