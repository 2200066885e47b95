"""Command line `satupintu`: the names of the commands, and the exit codes of errors.

The module of a command is imported when the command runs: `satupintu --help` needs none of them.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command, get_group

from app.garbage_collection import rare_collections
from config.umask import PRIVATE_UMASK


class CommandSource(NamedTuple):
    """Source of a command: `module` in `app.commands`, its attribute (a function, or a group), and the help text.

    The help of a function is the first line of its docstring; a test compares them.
    """

    module: str
    attribute: str
    help: str

    def load(self) -> Any:
        """Import the module, and return the command as Typer runs it."""
        target = getattr(import_module(f"app.commands.{self.module}"), self.attribute)
        if isinstance(target, typer.Typer):
            group = get_group(target)
            group.help = self.help
            return group
        single = typer.Typer(add_completion=False)
        single.command()(target)
        return get_command(single)


# `satupintu --help` lists the commands in this order.
COMMANDS: Mapping[str, CommandSource] = {
    "run": CommandSource(
        "service", "run", "Run the service: all stages in several processes, or the named ones in one."
    ),
    "check": CommandSource("service", "check", "Check whether the service can start, and list what prevents it."),
    "top": CommandSource(
        "monitoring",
        "top",
        "Watch the whole service: alerts, channels, stages, messages pending review and agencies' queues.",
    ),
    "lag": CommandSource(
        "monitoring",
        "lag",
        "Show the lag of each stage in messages and in age of the oldest. Exit 1 if a person must act now.",
    ),
    "topics": CommandSource(
        "topics",
        "topics",
        "List the topics with their content and their number of records. Empty queues of agencies are left out.",
    ),
    "tail": CommandSource(
        "topics",
        "tail",
        "Print a topic's records as JSON lines: ids, times, codes and our own sentences. What a person wrote is "
        "masked.",
    ),
    "agencies": CommandSource(
        "agencies",
        "agencies",
        "List the institutions with a queue and their codes: all of them, or those that a name may mean.",
    ),
    "status": CommandSource("reports", "status", "Show the status of a tracking number."),
    "trace": CommandSource(
        "reports",
        "trace",
        "Show every record of a report: its position, the decision with its reasons, and the stages that it waits for.",
    ),
    "answer": CommandSource(
        "reports", "answer", "Answer a complaint as the agency that has it now. Recorded in the audit log."
    ),
    "answer-key": CommandSource(
        "reports",
        "answer_key",
        "Print the key with which an agency's own program signs its answers. Recorded in the audit log.",
    ),
    "public-rebuild": CommandSource(
        "reports", "public_rebuild", "Derive the public view again from the facts. The service may run meanwhile."
    ),
    "queues-recount": CommandSource(
        "reports",
        "queues_recount",
        "Count the unanswered cases of all agencies again from the facts. The service may run meanwhile.",
    ),
    "split": CommandSource(
        "corrections", "split", "Make a report that repeats or joins another report a case of its own."
    ),
    "merge": CommandSource(
        "corrections",
        "merge",
        "Merge report B into report A. B goes to the agency that has A, and follows A to other agencies.",
    ),
    "duplicates": CommandSource(
        "duplicates",
        "commands",
        "Decide about reports that are perhaps the same: confirm or deny what is suggested.",
    ),
    "x-reads": CommandSource(
        "providers", "x_reads", "Show the number of posts that X delivered today (UTC), and the daily limit."
    ),
    "replay": CommandSource(
        "simulator",
        "replay",
        "Send a CSV of texts through the real doors. Starts the service for this time if it is not running.",
    ),
    "audit": CommandSource(
        "topics", "audit", "Count the outcomes of all accepted messages. Exit 1 if one is lost or doubled."
    ),
    "archive": CommandSource(
        "safekeeping.archive",
        "commands",
        "Archive the topics as Parquet files: what the archive does not have yet. `verify DIR` checks an archive.",
    ),
    "restore": CommandSource(
        "safekeeping.restore",
        "restore",
        "Restore an archive into an empty system: the same ids, decisions and queues. Nobody is told anything again.",
    ),
    "backup": CommandSource(
        "safekeeping.backup",
        "commands",
        "Back up the data folder while the service runs: `backup DIR`. `backup restore DIR` restores one.",
    ),
    "purge": CommandSource(
        "purge",
        "purge",
        "Purge all data whose retention has ended by retention.csv. The monitor does the same each night.",
    ),
    "demo": CommandSource(
        "simulator",
        "demo",
        "Send invented messages through all five channels of a temporary service, and show the outcome of each.",
    ),
    "sign": CommandSource(
        "simulator",
        "sign",
        "Print the X-Twilio-Signature of a request with this service's token, to test the SMS door by hand.",
    ),
    "triage": CommandSource("triage", "commands", "Decide about cases for which the router found no agency."),
    "quarantine": CommandSource(
        "quarantine", "commands", "Review messages that doors set aside: release or drop them."
    ),
    "set-aside": CommandSource(
        "set_aside", "commands", "Review messages that were set aside as no complaints: read and release them."
    ),
    "dead-letters": CommandSource(
        "dead_letters", "commands", "Review records that a stage could not process: redrive or drop them."
    ),
    "reconcile": CommandSource(
        "providers", "reconciliations", "Compare the messages of a provider with those on the bus."
    ),
    "devices": CommandSource("devices", "commands", "Show and revoke devices of the mobile app."),
    "desk": CommandSource(
        "desk.group",
        "commands",
        "Manage the desk: its cases, accounts and sessions, and the keys and webhooks of agencies.",
    ),
    "forget": CommandSource(
        "privacy.forget",
        "forget",
        "Forget the person who sent a report: words, files and contact go, the case stays as numbers.",
    ),
    "keys": CommandSource("privacy.keys", "commands", "Show the root keys, and wrap the keys of persons again."),
    "reveals": CommandSource(
        "privacy.reveals",
        "reveals",
        "List each reveal: time, person, role, kind of data, case, end and reason. Never the data.",
    ),
    "breach-report": CommandSource(
        "privacy.breach",
        "breach_report",
        "List whose and which data a component could have shown, and how to reach them (Law 27/2022, article 46).",
    ),
    "figures": CommandSource(
        "oversight.figures",
        "figures",
        "Print the fourteen figures of the reports that arrived in a month: docs/figures.md defines them.",
    ),
    "ombudsman": CommandSource(
        "oversight.ombudsman",
        "commands",
        "List the cases whose senders agreed that the Ombudsman has them, and write the file of each.",
    ),
    "oversight": CommandSource("read_models", "oversight", "Build the read model of oversight again."),
    "audit-log": CommandSource("audit_log", "commands", "Show what operations staff did, and why."),
    "explain": CommandSource("explain", "commands", "Explain the decisions about messages."),
    "rules": CommandSource("rules", "commands", "Check and compare the tables that complaints are routed by."),
}


class CommandGroup(TyperGroup):
    """Group of the commands of a table. The help shows their names and help texts; running one imports its module."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, source in COMMANDS.items():
            self.add_command(TyperCommand(name, help=source.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names, imported."""
        if args and args[0] in COMMANDS:
            self.add_command(COMMANDS[args[0]].load(), args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command. An error that a person can fix ends with a sentence and an exit code, without a traceback."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except Exception as error:
            # Only a failed command needs the errors of all parts.
            from app.commands.common.failures import stop_if_explained  # noqa: PLC0415

            stop_if_explained(error)
            raise


app = typer.Typer(cls=CommandGroup, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)


def _print_version(is_set: bool) -> None:  # noqa: FBT001 - the value of a flag
    if is_set:
        # It is slow to import, and no other command needs it.
        from app.version import version_text  # noqa: PLC0415

        print(f"satupintu {version_text()}")
        raise typer.Exit


@app.callback()
def _satupintu(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print version and commit, and end."),
    ] = False,
) -> None:
    """One door for public complaints."""


def main() -> None:
    """Run a command."""
    # Files that this process creates hold reports of citizens.
    os.umask(PRIVATE_UMASK)
    with rare_collections():
        app()


if __name__ == "__main__":
    main()
