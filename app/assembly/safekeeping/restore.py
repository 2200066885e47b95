"""Assembles the restore of an archive into the system of the settings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.assembly.doors.public_view import public_read_model
from app.assembly.kafka import kafka_settings
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.assembly.safekeeping.forgetting import forget_stage
from app.assembly.stages.cases import case_stage, silent_derivations
from app.operations.restore.emptiness import content_of_bus, content_of_database
from app.operations.restore.person_keys import store_keys
from app.operations.restore.restore import Restore, RestoreTargets, chunks
from app.tables import METADATA
from bus.errors import Reject, Retry, Stop
from bus.kafka.restorer import KafkaRestorer
from bus.local.restorer import LocalRestorer
from bus.port import Membership, Outgoing, Reader, Record, Restorer, TopicSpec
from bus.worker import Stage
from cases.derivations.loop import derive_all
from messages import codec
from messages.sealing import PERSON_KEY_PREFIX, UnsealError
from messages.shapes import RawMessage
from messages.topics import FORGOTTEN
from router.rebuild import RouterRebuild
from sinks.archive.contents import INTERRUPTED, ArchiveContents
from sinks.archive.forgotten_records import ForgottenRecords, decode_tombstones
from sinks.archive.tombstones import read_tombstones
from sinks.replies.sink import ReplySink

# State of a restored reply: whether it was sent is not known, and it is not sent again.
_REPLY_STATE = "unknown"
_MEMBER = "restore"
_RECORDS_AT_ONCE = 500
_POLL_SECONDS = 5.0
_ATTEMPTS, _PAUSE_SECONDS = 15, 1.0
_LISTED = 5
# The service has about a thousand.
_MAX_ALL_PARTITIONS = 20_000


def restore(
    parts: Parts, folder: Path, record_act: Callable[[], object], forgotten: Path | None = None
) -> Mapping[str, int]:
    """Restore an archive. Return the number of records by topic. `record_act` is called before the first change.

    No word is restored of the persons whose tombstones are in the archive, or in `forgotten`: a newer archive, or a
    file of its tombstones. These are published after the archived records.
    Raises `Stop` if the archive has a fault, if the secret key is another one, if the system is not empty, or if
    `forgotten` cannot be read.
    """
    archive = ArchiveContents(folder)
    head = archive.head()
    if faults := [fault for fault in archive.faults() if fault.name not in INTERRUPTED]:
        listed = "\n".join(f"{fault.name} {fault.subject} {fault.text}" for fault in faults[:_LISTED])
        raise Stop(f"The archive has {len(faults)} faults; nothing was restored:\n{listed}")
    newer_tombstones = read_tombstones(forgotten) if forgotten else []
    contents = _contents_without_forgotten(parts, folder, newer_tombstones)
    _check_empty(parts, contents)
    _check_key(parts, contents)
    specs = _topic_specs(parts, contents)
    record_act()
    store_keys(parts.keys.key_engine, contents.person_keys())
    replies = ReplySink(parts.engine, parts.channels, _REPLY_STATE)
    with closing(_restorer(parts)) as restorer:
        targets = RestoreTargets(
            restorer,
            parts.normalizer.stage,
            lambda uncounted: RouterRebuild(parts.engine, uncounted, parts.deadlines),
            replies,
            restorer.advance_ends if isinstance(restorer, LocalRestorer) and head.bus == "local" else None,
        )
        restoration = Restore(contents, targets)
        restorer.open_topics([spec for spec in specs if spec.name in restoration.topics])
        parts.bus.ensure(specs)
        counts = restoration.run()
        restorer.close_topics(restoration.topics)
    _publish_missing(parts, contents, newer_tombstones)
    # The forgotten persons come first: the stages then write none of their words.
    process_all(parts, "forget", forget_stage(parts))
    process_all(parts, "cases", case_stage(parts, lambda: None))
    process_all(parts, "replies", replies)
    derive_all(parts.engine, silent_derivations(parts))
    if parts.settings.public_view:
        # After all facts: each report is then public from the day on which it was.
        public_read_model(parts).rebuild(parts.engine)
    return counts


def _contents_without_forgotten(parts: Parts, folder: Path, newer_tombstones: Sequence[Record]) -> ArchiveContents:
    tombstones = decode_tombstones([*read_tombstones(folder), *newer_tombstones])
    return ArchiveContents(folder, ForgottenRecords(tombstones, parts.keys.answer_check))


def _publish_missing(parts: Parts, contents: ArchiveContents, tombstones: Sequence[Record]) -> None:
    """Publish the tombstones that the archive lacks: a later replay honours them, too."""
    archived_values = {record.value for record in contents.records(FORGOTTEN)}
    missing = [record for record in tombstones if record.value not in archived_values]
    with closing(parts.bus.producer()) as producer:
        for chunk in chunks(iter(missing)):
            producer.publish([Outgoing(FORGOTTEN, record.key, record.value, record.headers) for record in chunk])


def _check_key(parts: Parts, contents: ArchiveContents) -> None:
    """Raise `Stop` unless a person's key of the archive and a text that the shared key sealed can be opened.

    Neither needs be there.
    """
    key = next((key for key in contents.person_keys() if key.wrapped), None)
    raws = (raw for topic in _arrival_topics(contents) for record in contents.records(topic) if (raw := _raw(record)))
    raw = next((raw for raw in raws if raw.body and not raw.body.startswith(PERSON_KEY_PREFIX)), None)
    try:
        if key:
            parts.keys.root_keys.find(key.root_key_id).unwrap(key.wrapped, key.key_id)
        if raw:
            parts.sealer.open(raw.body, raw.id)
    except UnsealError as error:
        raise Stop(
            "SATUPINTU_SECRET_KEY or the root keys are not those of the archive (nor is secrets.json in the data "
            "folder). Set them, or copy secrets.json of the archived system into the data folder. Nothing was restored."
        ) from error


def _arrival_topics(contents: ArchiveContents) -> Sequence[str]:
    return sorted({partition.topic for partition in contents.partitions() if partition.topic.startswith("raw-")})


def _raw(record: Record) -> RawMessage | None:
    try:
        return codec.decode(RawMessage, record.value, record.headers)
    except codec.CodecError:
        return None


def _check_empty(parts: Parts, contents: ArchiveContents) -> None:
    names = {*(topic.name for topic in parts.topics), *(partition.topic for partition in contents.partitions())}
    groups = {name: group.topics_with(parts.queues) for name, group in parts.consumer_groups.items()}
    with closing(parts.bus.reader()) as reader:
        used = _content_of_bus(reader, names, groups, parts.clock.sleep)
    used += content_of_database(parts.engine, METADATA.sorted_tables)
    if parts.keys.key_engine is not parts.engine:
        used += content_of_database(parts.keys.key_engine, [METADATA.tables["person_key"]])
    if used:
        listed = "; ".join(used[:_LISTED]) + (" …" if len(used) > _LISTED else "")
        raise Stop(f"A restore needs an empty system: {listed}. Nothing was changed. Use a new folder.")


def _content_of_bus(
    reader: Reader, names: Iterable[str], groups: Mapping[str, Sequence[str]], sleep: Callable[[float], None]
) -> list[str]:
    """Return what a bus has already. A new Kafka needs some seconds, and a first question, until it knows of groups."""
    for _ in range(_ATTEMPTS):
        try:
            return content_of_bus(reader, names, groups)
        except Retry:
            sleep(_PAUSE_SECONDS)
    return content_of_bus(reader, names, groups)


def _topic_specs(parts: Parts, contents: ArchiveContents) -> Sequence[TopicSpec]:
    """Return every topic of the service and of the archive, with all archived partitions.

    Raises `Stop` for more than a bus can be asked to make.
    """
    specs = {spec.name: spec for spec in parts.service_topics.specs}
    retention = max(topic.retention for topic in parts.topics if not topic.compacted)
    for partition in contents.partitions():
        spec = specs.get(partition.topic) or TopicSpec(partition.topic, 1, retention)
        count = max(spec.partitions, partition.number + 1)
        specs[partition.topic] = replace(spec, partitions=count)
    total = sum(spec.partitions for spec in specs.values())
    if total > _MAX_ALL_PARTITIONS:
        raise Stop(
            f"The archive needs {total:,} partitions in {len(specs):,} topics, at most {_MAX_ALL_PARTITIONS:,} are "
            "made. It is not an archive of this service. Nothing was restored."
        )
    return list(specs.values())


def _restorer(parts: Parts) -> Restorer:
    if parts.settings.bus == "local":
        return LocalRestorer(parts.settings.home / "bus.db")
    return KafkaRestorer(kafka_settings(parts.settings), parts.clock.sleep)


def process_all(parts: Parts, group: str, stage: Stage) -> None:
    """Let a stage process everything, and commit its offsets. What it rejects is a dead letter in the archive."""
    member = membership(parts.bus, parts.consumer_groups[group], _MEMBER, parts.queues)
    with closing(parts.bus.consumer(member)) as consumer, closing(parts.bus.reader()) as reader:
        while _has_lag(reader, member):
            if records := consumer.poll(_POLL_SECONDS, _RECORDS_AT_ONCE):
                consumer.commit(_handle(stage, records))


def _has_lag(reader: Reader, member: Membership) -> bool:
    """Return whether the group has records to process."""
    committed = reader.committed(member.group, member.topics)
    spans = reader.offset_ranges(member.topics).items()
    return any(span.start < span.end and committed.get(partition, 0) < span.end for partition, span in spans)


def _handle(stage: Stage, records: Sequence[Record]) -> Sequence[Outgoing]:
    try:
        return stage.handle(records)
    except Reject:
        if len(records) == 1:
            return ()
        return [output for record in records for output in _handle(stage, [record])]
