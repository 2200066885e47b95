"""Derives the alerts of a snapshot: every condition that needs a person, the most urgent first.

Each alert has an entry of the same name in docs/runbook.md and in `monitor/metrics/alerts/`. No alert names a citizen.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from messages.channels import ChannelDirectory
from messages.topics import TRIAGE
from monitor.alert import Alert, Urgency
from monitor.alert_thresholds import (
    BEHIND_SECONDS,
    CLOCK_SECONDS,
    FLOOD_IN_A_MINUTE,
    FLOOD_TIMES,
    RETENTION_SHARE,
    TRIAGE_SECONDS,
    min_forged_messages,
    usual_silence_seconds,
)
from monitor.alert_wording import format_duration, format_messages, format_waiting, quarantine_text
from monitor.process_conditions import process_alerts
from monitor.snapshot import Backlog, ChannelState, PendingReview, Snapshot, StageState

_MINUTES_PER_HOUR = 60


def find_alerts(snapshot: Snapshot, channels: ChannelDirectory) -> list[Alert]:
    """Return all alerts of the snapshot, the most urgent first."""
    alerts = [*process_alerts(snapshot, channels)]
    alerts += [alert for condition in _CONDITIONS for alert in condition(snapshot)]
    return sorted(alerts, key=lambda alert: (alert.urgency, alert.name, alert.subject))


def _bus_away(snapshot: Snapshot) -> Iterator[Alert]:
    if "bus" in snapshot.away:
        spooled = sum(process.spooled for process in snapshot.processes)
        text = f"The bus {snapshot.away['bus']}. No stage works. The doors store new messages in their spools"
        text += f" ({format_messages(spooled)} so far)." if spooled else "."
        yield Alert("bus-away", "", Urgency.NOW, text, {"spooled": spooled})


def _database_away(snapshot: Snapshot) -> Iterator[Alert]:
    if "database" in snapshot.away:
        text = (
            f"The database {snapshot.away['database']}. No stage works. The doors of the app and of Open311 are shut."
        )
        yield Alert("database-away", "", Urgency.NOW, text, {})


def _clock_jumped(snapshot: Snapshot) -> Iterator[Alert]:
    if abs(snapshot.jumped) >= CLOCK_SECONDS:
        direction = "forward" if snapshot.jumped > 0 else "back"
        text = (
            f"The clock of this host was set {direction} by {format_duration(abs(snapshot.jumped))}. "
            "The ages and times that are shown are wrong for ten minutes."
        )
        yield Alert("clock", "this host", Urgency.SOON, text, {"jump_seconds": round(snapshot.jumped, 1)})


def _bus_clock_differs(snapshot: Snapshot) -> Iterator[Alert]:
    newest = max((state.newest for state in snapshot.channels if state.newest), default=snapshot.at)
    ahead_seconds = (newest - snapshot.at).total_seconds()
    if ahead_seconds >= CLOCK_SECONDS:
        text = (
            f"The newest message on the bus is {format_duration(ahead_seconds)} in the future. "
            "The clocks of the bus and of this host differ, or one of them was set back."
        )
        yield Alert("clock", "bus", Urgency.SOON, text, {"ahead_seconds": round(ahead_seconds, 1)})


def _stages(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.stages:
        oldest_seconds = state.waiting.seconds(snapshot.at)
        figures = {"waiting": state.waiting.many, "oldest_seconds": round(oldest_seconds)}
        if not state.members:
            urgency = Urgency.NOW if state.waiting.many else Urgency.SOON
            yield Alert("stage-stopped", state.stage, urgency, _stopped_text(state, oldest_seconds), figures)
        elif oldest_seconds >= BEHIND_SECONDS:
            waiting = format_waiting("message", state.waiting.many, oldest_seconds, f" for {state.stage}")
            text = f"{waiting}. Running workers: {', '.join(state.members)}."
            yield Alert("stage-behind", state.stage, Urgency.NOW, text, figures)


def _retention_near(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.stages:
        for topic, backlog in state.topics.items():
            oldest_seconds, retention_seconds = backlog.seconds(snapshot.at), snapshot.retention.get(topic)
            if retention_seconds and oldest_seconds >= RETENTION_SHARE * retention_seconds:
                age, limit = format_duration(oldest_seconds), format_duration(retention_seconds)
                text = f"The oldest message of {topic} that {state.stage} has not read is {age} old. "
                text += f"The bus deletes it after {limit}."
                figures = {"oldest_seconds": round(oldest_seconds), "retention_seconds": round(retention_seconds)}
                yield Alert("retention-near", f"{state.stage} {topic}", Urgency.NOW, text, figures)


def _stopped_text(state: StageState, oldest_seconds: float) -> str:
    if not state.waiting.many:
        return f"No process runs {state.stage}. No message waits for it yet."
    return f"No process runs {state.stage}. {format_waiting('message', state.waiting.many, oldest_seconds, ' for it')}."


def _dead_letters(snapshot: Snapshot) -> Iterator[Alert]:
    for stage, pending in _by_place(snapshot.letters).items():
        backlog = _total(pending)
        verb = "is a dead letter" if backlog.many == 1 else "are dead letters"
        text = f"{format_messages(backlog.many)} of {stage} {verb} without a decision: {_reasons(pending)}."
        yield Alert("dead-letters", stage, Urgency.SOON, text, _pending_figures(backlog, snapshot.at))


def _quarantine(snapshot: Snapshot) -> Iterator[Alert]:
    channels = {state.channel: state for state in snapshot.channels}
    for channel, pending in _by_place(snapshot.quarantine).items():
        backlog = _total(pending)
        text = f"{format_messages(backlog.many)} of {channel or 'no channel'} in quarantine: {_reasons(pending)}."
        secret_may_be_wrong = _has_only_wrong_signatures(pending, channels.get(channel))
        if secret_may_be_wrong:
            text += " No valid message has arrived since then. Check whether the provider's secret was changed."
        urgency = Urgency.NOW if secret_may_be_wrong else Urgency.SOON
        yield Alert("quarantine", channel, urgency, text, _pending_figures(backlog, snapshot.at))


def _flood(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.channels:
        usual_in_a_minute = state.usual / _MINUTES_PER_HOUR
        if state.minute >= max(FLOOD_IN_A_MINUTE, FLOOD_TIMES * usual_in_a_minute):
            text = (
                f"{format_messages(state.minute)} arrived by {state.channel} in one minute; "
                f"the usual rate is {usual_in_a_minute:.1f} a minute."
            )
            figures = {"in_a_minute": state.minute, "usual_in_a_minute": round(usual_in_a_minute, 1)}
            yield Alert("flood", state.channel, Urgency.SOON, text, figures)


def _door_silent(snapshot: Snapshot) -> Iterator[Alert]:
    for state in snapshot.channels:
        silent_seconds = _silent_seconds(state, snapshot.at)
        if silent_seconds >= usual_silence_seconds(state.usual):
            text = (
                f"No message arrived by {state.channel} for {format_duration(silent_seconds)}; "
                f"the usual rate is {state.usual:.1f} an hour."
            )
            figures = {"silent_seconds": round(silent_seconds), "usual_in_an_hour": round(state.usual, 1)}
            yield Alert("door-silent", state.channel, Urgency.SOON, text, figures)


def _triage_waiting(snapshot: Snapshot) -> Iterator[Alert]:
    for queue in snapshot.queues:
        oldest_seconds = queue.waiting.seconds(snapshot.at)
        if queue.agency == TRIAGE and oldest_seconds >= TRIAGE_SECONDS:
            text = f"{format_waiting('case', queue.waiting.many, oldest_seconds, ' at triage')}."
            yield Alert("triage-waiting", "", Urgency.SOON, text, _pending_figures(queue.waiting, snapshot.at))


def _agency_overdue(snapshot: Snapshot) -> Iterator[Alert]:
    late_queues = [queue for queue in snapshot.queues if queue.overdue and queue.agency != TRIAGE]
    if late_queues:
        latest = max(late_queues, key=lambda queue: queue.overdue)
        cases = sum(queue.overdue for queue in late_queues)
        verb = "case is" if cases == 1 else "cases are"
        agencies = "1 agency" if len(late_queues) == 1 else f"{len(late_queues):,} agencies"
        text = f"{cases:,} {verb} past the due time at {agencies}. {latest.name} has the most ({latest.overdue:,})."
        yield Alert("agency-overdue", "", Urgency.LATER, text, {"overdue": cases, "agencies": len(late_queues)})


def _audit_differences(snapshot: Snapshot) -> Iterator[Alert]:
    counts = {kind: count for kind, count in (snapshot.differences or {}).items() if count}
    if counts:
        listed = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        text = f"The audit found differences: {listed}. `satupintu audit` lists them."
        yield Alert("audit", "", Urgency.NOW, text, counts)


_CONDITIONS: tuple[Callable[[Snapshot], Iterator[Alert]], ...] = (
    _bus_away,
    _database_away,
    _clock_jumped,
    _bus_clock_differs,
    _stages,
    _retention_near,
    _dead_letters,
    _quarantine,
    _flood,
    _door_silent,
    _triage_waiting,
    _agency_overdue,
    _audit_differences,
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


def _reasons(pending: Iterable[PendingReview]) -> str:
    return ", ".join(
        f"{review.waiting.many:,} with {quarantine_text(review.reason)}{f' ({review.field})' * bool(review.field)}"
        for review in pending
    )
