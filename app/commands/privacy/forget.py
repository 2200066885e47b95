"""Command that forgets a person, and shows what cannot be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json, require_actor_and_reason, tracking_number
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, print_json, print_line, print_note, print_table, stop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from app.assembly.parts import Parts
    from app.operations.forgetting.forgetting import Erasure
    from app.operations.forgetting.leftovers import Leftovers
    from app.operations.forgetting.person import Person
    from app.operations.forgetting.request import ForgettingRequests
    from bus.port import Outgoing


def forget(
    number: Annotated[str, typer.Argument(help="Tracking number of one of the person's reports.")] = "",
    link: Annotated[str, typer.Option("--sender-link", help="The sender's own link, in place of the number.")] = "",
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the act. Name no citizen.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show whose reports and what stays.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="Destroy the keys whose grace has ended, now.")] = False,
    tables: Annotated[bool, typer.Option("--tables", help="List all tables with the effect on each.")] = False,
    as_json: Json = False,
) -> None:
    """Forget the person who sent a report: words, files and contact go, the case stays as numbers.

    All reports of the same number, account or device are forgotten. It cannot be undone. The keys are destroyed after
    24 hours.
    """
    if tables:
        _print_tables(as_json=as_json)
        return
    if finish:
        _finish(as_json=as_json)
        return
    if bool(number) == bool(link):
        stop("Name the report by its number or by --sender-link.", EX_USAGE)
    tracking = tracking_number(number) if number else ""
    if not dry_run:
        require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        _forget(parts, tracking, link, actor, why, dry_run=dry_run, as_json=as_json)


def _forget(parts: Parts, tracking: str, link: str, actor: str, why: str, *, dry_run: bool, as_json: bool) -> None:
    from app.assembly.safekeeping.forgetting import forgetting_requests

    requests, counts, archive_note = forgetting_requests(parts), {}, ""
    message_id = requests.message_of(tracking) if tracking else _message_of(parts, link)
    if dry_run:
        person, leftovers = requests.preview(message_id, parts.now())
    else:
        parts.ensure_topics()
        erasure, leftovers, archive_note = _forget_everywhere(parts, requests, message_id, actor, why)
        person, counts = erasure.person, erasure.counts
    if as_json:
        result = {"messages": len(person.messages), "counts": counts, "archive": archive_note}
        print_json({**result, **leftovers_as_json(leftovers)})
        return
    _print_result(person, counts, leftovers, dry_run=dry_run)
    if archive_note:
        print_note(archive_note)


def _forget_everywhere(
    parts: Parts, requests: ForgettingRequests, message_id: UUID, actor: str, why: str
) -> tuple[Erasure, Leftovers, str]:
    """Forget the person in the database and in the archive of the settings. Return also a sentence about the latter."""
    published: list[Outgoing] = []
    producer = parts.bus.producer()

    def publish(messages: Sequence[Outgoing]) -> None:
        published.extend(messages)
        producer.publish(messages)

    try:
        erasure, leftovers = requests.forget(message_id, actor, why, parts.now(), publish)
    finally:
        producer.close()
    return erasure, leftovers, _redraw_archive(parts, published)


def _redraw_archive(parts: Parts, published: Sequence[Outgoing]) -> str:
    """Remove the person's words from the archive. What fails here is done by the next run of `satupintu archive`."""
    from app.assembly.safekeeping.archive import redraw
    from app.commands.safekeeping.archive import redrawn_text
    from bus.errors import Stop
    from messages import codec
    from messages.forgotten import Forgotten
    from sinks.archive.manifest import ArchiveFolder

    folder = parts.settings.archive_folder
    if folder is None:
        return ""
    tombstones = [codec.decode(Forgotten, message.value, message.headers) for message in published]
    try:
        if ArchiveFolder(folder).head() is None:
            return ""
        return redrawn_text(redraw(parts, folder, tombstones))
    except Stop as error:
        return f"The archive still has the words until the next `satupintu archive`: {error}"


def _message_of(parts: Parts, link: str) -> UUID:
    from messages.sender_link import read_sender_token

    message_id = read_sender_token(link.rstrip("/").rpartition("/")[2], parts.secrets.link_key)
    if message_id is None:
        stop("The link is not one of this service, or it is not complete.", 1)
    return message_id


def leftovers_as_json(leftovers: Leftovers) -> dict[str, object]:
    """Return what cannot be taken back, as JSON."""
    from messages.shapes import iso

    until = leftovers.on_topics_until
    return {
        "agencies": [
            {"number": copy.number, "agency": copy.agency, "since": iso(copy.since), "told_by": list(copy.told_by)}
            for copy in leftovers.agencies
        ],
        "posts": list(leftovers.post_numbers),
        "on_topics_until": iso(until) if until else None,
        "shared_seal": list(leftovers.shared_seal_numbers),
        "ombudsman": list(leftovers.ombudsman_numbers),
    }


def _print_result(person: Person, counts: dict[str, int], leftovers: Leftovers, *, dry_run: bool) -> None:
    print_line(f"{len(person.messages)} messages of the person {'would be' if dry_run else 'are'} forgotten")
    for table, count in counts.items():
        if count:
            print_line(f"  {table} {count}")
    for copy in leftovers.agencies:
        sources = ", ".join(("its queue", *copy.told_by))
        print_note(f"{copy.agency} has had {copy.number} since {copy.since:%Y-%m-%d} ({sources}) and may have a copy.")
    for number in leftovers.post_numbers:
        print_note(f"{number} is the sender's own post on X: only the sender can delete it.")
    for number in leftovers.ombudsman_numbers:
        print_note(f"The file of {number} was made for the Ombudsman: delete our copy, and tell the Ombudsman.")
    if until := leftovers.on_topics_until:
        print_note(f"Words are on complaints and agency topics until {until:%Y-%m-%d}.")
        print_note("For an archive in another folder run `satupintu archive redraw DIR`.")
    for number in leftovers.shared_seal_numbers:
        print_note(f"{number} was sealed with the shared key: its contact can be opened until its topic deletes it.")


def _finish(*, as_json: bool) -> None:
    from app.assembly.safekeeping.forgetting import destroy_due_keys

    with open_parts_with_tables() as parts:
        result = destroy_due_keys(parts)
    if as_json:
        print_json({"persons": result.persons, "keys": result.keys, "waits_for": result.waits_for})
    elif not result.waits_for:
        print_line(f"{result.keys} keys of {result.persons} persons are destroyed")
    if result.waits_for:
        stop(f"No key was destroyed: {result.waits_for}. Try again later.", 1)


def _print_tables(*, as_json: bool) -> None:
    from app.operations.forgetting.treatments import TREATMENTS

    if as_json:
        print_json({table: treatment._asdict() for table, treatment in TREATMENTS.items()})
        return
    rows = [(table, treatment.effect, treatment.reason) for table, treatment in TREATMENTS.items()]
    print_table(("table", "effect", "reason"), rows, uncut=("table", "effect"))
