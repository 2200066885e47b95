"""Derives the alerts of a snapshot: every condition that needs a person, the most urgent first.

Each alert has an entry of the same name in docs/alerts.md and in `monitor/metrics/alerts/`. No alert names a citizen.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from messages.channels import ChannelDirectory
from messages.shapes import Channel
from messages.topics import TRIAGE
from monitor.alert import Alert, Urgency
from monitor.alert_thresholds import (
    BEHIND_SECONDS,
    CLOCK_SECONDS,
    DANGER_SECONDS,
    FLOOD_IN_A_MINUTE,
    FLOOD_TIMES,
    RETENTION_SHARE,
    TRIAGE_SECONDS,
    min_forged_messages,
    usual_silence_seconds,
)
from monitor.alert_wording import format_duration, format_messages, quarantine_text
from monitor.process_conditions import process_alerts
from monitor.snapshot import Backlog, ChannelState, PendingReview, Snapshot, StageState
from pages.translation.message import Message, formatted_number, joined, numbered
from pages.translation.message import message as _

_MINUTES_PER_HOUR = 60
# With a full disk, the bus and the database are away, too.
_CAUSES = frozenset({"disk-full"})


def find_alerts(snapshot: Snapshot, channels: ChannelDirectory) -> list[Alert]:
    """Return all alerts of the snapshot, the most urgent first, and among those the causes of others first."""
    alerts = [*process_alerts(snapshot, channels)]
    alerts += [alert for condition in _CONDITIONS for alert in condition(snapshot)]
    alerts += _flood(snapshot, channels)
    return sorted(alerts, key=lambda alert: (alert.urgency, alert.name not in _CAUSES, alert.name, alert.subject))


def _bus_away(snapshot: Snapshot) -> Iterator[Alert]:
    if "bus" in snapshot.away:
        spooled = sum(process.spooled for process in snapshot.processes)
        text = _("The bus {cause}. No stage works. The doors store new messages in their spools.")
        if spooled:
            text = _(
                "The bus {cause}. No stage works. The doors store new messages in their spools ({messages} so far)."
            )
        text = text.filled(cause=Message(snapshot.away["bus"]), messages=format_messages(spooled))
        yield Alert("bus-away", "", Urgency.NOW, text, {"spooled": spooled})


def _database_away(snapshot: Snapshot) -> Iterator[Alert]:
    if "database" in snapshot.away:
        text = _("The database {cause}. No stage works. The doors of the app and of Open311 are shut.")
        text = text.filled(cause=Message(snapshot.away["database"]))
        yield Alert("database-away", "", Urgency.NOW, text, {})


def _clock_jumped(snapshot: Snapshot) -> Iterator[Alert]:
    if abs(snapshot.jumped) >= CLOCK_SECONDS:
        text = _("The clock of this host was set back by {duration}.")
        if snapshot.jumped > 0:
            text = _("The clock of this host was set forward by {duration}.")
        text = text.filled(duration=format_duration(abs(snapshot.jumped)))
        text = joined([text, _("The ages and times that are shown are wrong for ten minutes.")])
        yield Alert("clock", "this host", Urgency.SOON, text, {"jump_seconds": round(snapshot.jumped, 1)})


def _bus_clock_differs(snapshot: Snapshot) -> Iterator[Alert]:
    newest = max((state.newest for state in snapshot.channels if state.newest), default=snapshot.at)
    ahead_seconds = (newest - snapshot.at).total_seconds()
    if ahead_seconds >= CLOCK_SECONDS:
        text = _(
            "The newest message on the bus is {duration} in the future. "
            "The clocks of the bus and of this host differ, or one of them was set back."
        ).filled(duration=format_duration(ahead_seconds))
        yield Alert("clock", "bus", Urgency.SOON, text, {"ahead_seconds": round(ahead_seconds, 1)})


def _stages(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.stages:
        oldest_seconds = state.waiting.seconds(snapshot.at)
        figures = {"waiting": state.waiting.many, "oldest_seconds": round(oldest_seconds)}
        if not state.members:
            urgency = Urgency.NOW if state.waiting.many else Urgency.SOON
            yield Alert("stage-stopped", state.stage, urgency, _stopped_text(state, oldest_seconds), figures)
        elif oldest_seconds >= BEHIND_SECONDS:
            text = numbered(
                "1 message has waited {oldest} for {stage}. Running workers: {workers}.",
                "{count:,} messages wait for {stage}; the oldest has waited {oldest}. Running workers: {workers}.",
                state.waiting.many,
                oldest=format_duration(oldest_seconds),
                stage=state.stage,
                workers=", ".join(state.members),
            )
            yield Alert("stage-behind", state.stage, Urgency.NOW, text, figures)


def _retention_near(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.stages:
        for topic, backlog in state.topics.items():
            oldest_seconds, retention_seconds = backlog.seconds(snapshot.at), snapshot.retention.get(topic)
            if retention_seconds and oldest_seconds >= RETENTION_SHARE * retention_seconds:
                age, limit = format_duration(oldest_seconds), format_duration(retention_seconds)
                text = _(
                    "The oldest message of {topic} that {stage} has not read is {age} old. "
                    "The bus deletes it after {limit}."
                ).filled(topic=topic, stage=state.stage, age=age, limit=limit)
                figures = {"oldest_seconds": round(oldest_seconds), "retention_seconds": round(retention_seconds)}
                yield Alert("retention-near", f"{state.stage} {topic}", Urgency.NOW, text, figures)


def _stopped_text(state: StageState, oldest_seconds: float) -> Message:
    if not state.waiting.many:
        return _("No process runs {stage}. No message waits for it yet.").filled(stage=state.stage)
    return numbered(
        "No process runs {stage}. 1 message has waited {oldest} for it.",
        "No process runs {stage}. {count:,} messages wait for it; the oldest has waited {oldest}.",
        state.waiting.many,
        stage=state.stage,
        oldest=format_duration(oldest_seconds),
    )


def _dead_letters(snapshot: Snapshot) -> Iterator[Alert]:
    for stage, pending in _by_place(snapshot.dead_letters).items():
        backlog = _total(pending)
        text = numbered(
            "1 message of {stage} is a dead letter without a decision: {reasons}.",
            "{count:,} messages of {stage} are dead letters without a decision: {reasons}.",
            backlog.many,
            stage=stage,
            reasons=_reasons(pending),
        )
        yield Alert("dead-letters", stage, Urgency.SOON, text, _pending_figures(backlog, snapshot.at))


def _quarantine(snapshot: Snapshot) -> Iterator[Alert]:
    channels = {state.channel: state for state in snapshot.channels}
    for channel, pending in _by_place(snapshot.quarantine).items():
        backlog = _total(pending)
        text = numbered(
            "1 message of {channel} in quarantine: {reasons}.",
            "{count:,} messages of {channel} in quarantine: {reasons}.",
            backlog.many,
            channel=channel or _("no channel"),
            reasons=_reasons(pending),
        )
        secret_may_be_wrong = _has_only_wrong_signatures(pending, channels.get(channel))
        if secret_may_be_wrong:
            hint = _("No valid message has arrived since then. Check whether the provider's secret was changed.")
            text = joined([text, hint])
        urgency = Urgency.NOW if secret_may_be_wrong else Urgency.SOON
        yield Alert("quarantine", channel, urgency, text, _pending_figures(backlog, snapshot.at))


def _flood(snapshot: Snapshot, channels: ChannelDirectory) -> Iterator[Alert]:
    for state in snapshot.channels:
        usual_in_a_minute = state.usual / _MINUTES_PER_HOUR
        if state.minute >= max(FLOOD_IN_A_MINUTE, FLOOD_TIMES * usual_in_a_minute):
            text = _("{messages} arrived by {channel} in one minute; the usual rate is {usual:.1f} a minute.").filled(
                messages=format_messages(state.minute), channel=state.channel, usual=usual_in_a_minute
            )
            figures: dict[str, float] = {"in_a_minute": state.minute, "usual_in_a_minute": round(usual_in_a_minute, 1)}
            if share := _largest_share(snapshot, channels, state.channel):
                hint = _("One network sent {share:.0%} of the requests; see the processes.").filled(share=share)
                text = joined([text, hint])
                figures["largest_network_ratio"] = round(share, 2)
            yield Alert("flood", state.channel, Urgency.SOON, text, figures)


def _largest_share(snapshot: Snapshot, channels: ChannelDirectory, channel: Channel) -> float:
    """Return the share of the largest network at a door of the channel; 0 if none is large. It has no name here."""
    networks = (item for process in snapshot.processes for item in process.networks.items())
    return max((network.share for door, network in networks if channels.channel_of(door) == channel), default=0.0)


def _door_silent(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.channels:
        silent_seconds = _silent_seconds(state, snapshot.at)
        if silent_seconds >= usual_silence_seconds(state.usual):
            text = _("No message arrived by {channel} for {duration}; the usual rate is {usual:.1f} an hour.").filled(
                channel=state.channel, duration=format_duration(silent_seconds), usual=state.usual
            )
            figures = {"silent_seconds": round(silent_seconds), "usual_in_an_hour": round(state.usual, 1)}
            yield Alert("door-silent", state.channel, Urgency.SOON, text, figures)


def _danger_unopened(snapshot: Snapshot) -> Iterator[Alert]:
    for queue in snapshot.dangers:
        oldest_seconds = queue.waiting.seconds(snapshot.at)
        if oldest_seconds >= DANGER_SECONDS:
            text = numbered(
                "Nobody of {agency} has opened 1 case with danger to life. It has waited {oldest}.",
                "Nobody of {agency} has opened {count:,} cases with danger to life. The oldest has waited {oldest}.",
                queue.waiting.many,
                agency=queue.name,
                oldest=format_duration(oldest_seconds),
            )
            figures = _pending_figures(queue.waiting, snapshot.at)
            yield Alert("danger-unopened", queue.agency, Urgency.NOW, text, figures)


def _triage_waiting(snapshot: Snapshot) -> Iterator[Alert]:
    for queue in snapshot.queues:
        oldest_seconds = queue.waiting.seconds(snapshot.at)
        if queue.agency == TRIAGE and oldest_seconds >= TRIAGE_SECONDS:
            text = numbered(
                "1 case has waited {oldest} at triage.",
                "{count:,} cases wait at triage; the oldest has waited {oldest}.",
                queue.waiting.many,
                oldest=format_duration(oldest_seconds),
            )
            yield Alert("triage-waiting", "", Urgency.SOON, text, _pending_figures(queue.waiting, snapshot.at))


def _agency_overdue(snapshot: Snapshot) -> Iterator[Alert]:
    late_queues = [queue for queue in snapshot.queues if queue.overdue and queue.agency != TRIAGE]
    if late_queues:
        latest = max(late_queues, key=lambda queue: queue.overdue)
        cases = sum(queue.overdue for queue in late_queues)
        text = numbered(
            "1 case is past the due time at {agencies}. {latest} has the most ({most:,}).",
            "{count:,} cases are past the due time at {agencies}. {latest} has the most ({most:,}).",
            cases,
            agencies=numbered("1 agency", "{count:,} agencies", len(late_queues)),
            latest=latest.name,
            most=latest.overdue,
        )
        yield Alert("agency-overdue", "", Urgency.LATER, text, {"overdue": cases, "agencies": len(late_queues)})


def _audit_differences(snapshot: Snapshot) -> Iterator[Alert]:
    counts = {kind: count for kind, count in (snapshot.differences or {}).items() if count}
    if counts:
        differences = joined((joined([formatted_number(count), kind]) for kind, count in counts.items()), ", ")
        text = _("The audit found differences: {differences}. `satupintu audit` lists them.")
        text = text.filled(differences=differences)
        yield Alert("audit", "", Urgency.NOW, text, counts)


def _webhooks_off(snapshot: Snapshot) -> Iterator[Alert]:
    if count := snapshot.webhooks_off:
        text = numbered(
            "1 webhook of an agency was switched off because its address fails. The agency must act.",
            "{count:,} webhooks of agencies were switched off because their addresses fail. The agencies must act.",
            count,
        )
        yield Alert("webhook-off", "", Urgency.LATER, text, {"webhooks": count})


_CONDITIONS: tuple[Callable[[Snapshot], Iterator[Alert]], ...] = (
    _bus_away,
    _database_away,
    _clock_jumped,
    _bus_clock_differs,
    _stages,
    _retention_near,
    _dead_letters,
    _quarantine,
    _door_silent,
    _danger_unopened,
    _triage_waiting,
    _agency_overdue,
    _audit_differences,
    _webhooks_off,
)


def _silent_seconds(state: ChannelState, now: datetime) -> float:
    return (now - state.newest).total_seconds() if state.newest else 0.0


def _by_place(pending: Iterable[PendingReview]) -> Mapping[str, list[PendingReview]]:
    grouped: defaultdict[str, list[PendingReview]] = defaultdict(list)
    for review in pending:
        grouped[review.place].append(review)
    return grouped


def _has_only_wrong_signatures(pending: Iterable[PendingReview], channel: ChannelState | None) -> bool:
    """Return True if our secret may be wrong: enough signatures did not match, and none matched since then."""
    if channel is None:
        return False
    limit, newest_valid = min_forged_messages(channel.usual), channel.newest
    forged = [review for review in pending if review.reason == "bad_signature" and review.waiting.many >= limit]
    return any(newest_valid is None or newest_valid < review.newest for review in forged)


def _total(pending: Iterable[PendingReview]) -> Backlog:
    return sum((review.waiting for review in pending), Backlog())


def _pending_figures(backlog: Backlog, now: datetime) -> Mapping[str, int]:
    return {"waiting": backlog.many, "oldest_seconds": round(backlog.seconds(now))}


def _reasons(pending: Iterable[PendingReview]) -> Message:
    reasons = (
        _("{count:,} with {reason}{field}").filled(
            count=review.waiting.many,
            reason=quarantine_text(review.reason),
            field=f" ({review.field})" if review.field else "",
        )
        for review in pending
    )
    return joined(reasons, ", ")
