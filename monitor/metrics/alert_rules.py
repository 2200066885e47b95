"""The alerts: for each concern one by the same thresholds, for Prometheus to tell whoever is on call.

`make alerts` writes them to `alerts/satupintu.yml`. Who is told, and how, is the Alertmanager's.
"""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from messages.topics import TRIAGE
from monitor import alert_conditions as c
from monitor.alert_conditions import Urgency
from monitor.metrics import catalog as m

FILE = Path(__file__).parent / "alerts" / "satupintu.yml"
# The job by which Prometheus is told to ask our processes: see the runbook.
JOB = "satupintu"
SEVERITIES = {Urgency.NOW: "page", Urgency.SOON: "ticket", Urgency.LOOK: "info"}
# For how long what may pass by itself, as when a process is started anew, has to stand.
_MOMENT = 60
# The monitor looks every few seconds; a look that waits for what is away takes some more.
LOOK_SECONDS = 60
# Twice what an agency has for an answer, weekends and a holiday among them.
AGENCY_SECONDS = 14 * 86_400
# So many dead letters of one stage in ten minutes are not one odd message: it puts aside what it should work.
LETTERS_AT_ONCE = 10
_LETTERS_WINDOW = "10m"


class Rule(NamedTuple):
    """`entry` is its name in the runbook: the concern's, where it has one. `hold` is in seconds."""

    entry: str
    urgency: Urgency
    hold: int
    expr: str
    summary: str

    @property
    def alert(self) -> str:
        """The name of the alert."""
        return "".join(word.capitalize() for word in self.entry.split("-"))


# Several processes, and the monitor beside them, may say the same: each expression takes it once.
def _most(metric: m.Metric, *labels: str, only: str = "") -> str:
    return _once("max", metric, labels, only)


def _least(metric: m.Metric, *labels: str, only: str = "") -> str:
    return _once("min", metric, labels, only)


def _once(of: str, metric: m.Metric, labels: tuple[str, ...], only: str) -> str:
    by = f" by ({', '.join(labels)})" if labels else ""
    chosen = f"{{{only}}}" if only else ""
    return f"{of}{by} ({metric.name}{chosen})"


_WORKER = ("process", "worker")
_OF_WORKER = "{{ $labels.worker }} of {{ $labels.process }}"
_FENCED = f"{_most(m.FENCED, *_WORKER)} > 1 and {_least(m.FENCED_AGE, *_WORKER)} < {c.FENCED_SECONDS:g}"
_SPOOL_FULL = f"{_most(m.SPOOL_USED, 'process')} >= {c.SPOOL_SHARE:g}"
_STAGE_WAITS = f"sum by (stage) ({_most(m.STAGE_WAITING, 'stage', 'topic')}) > 0"
_NOBODY = f"{_most(m.MEMBERS, 'stage')} == 0"
_WRONG = 'reason="bad_signature"'
# A channel that was never proven has no newest age, and is not taken away.
_UNPROVEN = f"""{_most(m.HELD, "channel", only=_WRONG)} >= {c.FORGED}
  unless on (channel) ({_least(m.NEWEST_AGE, "channel")} <= {_least(m.HELD_NEWEST, "channel", only=_WRONG)})"""
_OFF = f"{m.PROCESS_TIME.name} - timestamp({m.PROCESS_TIME.name})"
_AGENCIES = f'agency!="{TRIAGE}"'

_AVAILABILITY = (
    Rule("bus-away", Urgency.NOW, _MOMENT, f"{_least(m.BUS_UP)} == 0", "The bus can't be reached: nothing is worked."),
    Rule("database-away", Urgency.NOW, _MOMENT, f"{_least(m.DATABASE_UP)} == 0", "The database can't be reached."),
    Rule(
        "process-away",
        Urgency.NOW,
        _MOMENT,
        f"{_least(m.REACHED, 'address')} == 0",
        "The process at {{ $labels.address }} does not answer the monitor.",
    ),
)
_STATE = (
    Rule(
        "spool-aside",
        Urgency.NOW,
        0,
        f"{_most(m.SPOOL_ASIDE, 'process')} > 0",
        "{{ $value }} messages that {{ $labels.process }} accepted stand aside: the bus will not have them.",
    ),
    Rule(
        "spool-filling",
        Urgency.NOW,
        0,
        _SPOOL_FULL,
        "The spool of {{ $labels.process }} is {{ $value | humanizePercentage }} full.",
    ),
    Rule(
        "spool-waiting",
        Urgency.LOOK,
        _MOMENT,
        f"{_most(m.SPOOLED, 'process')} > 0\n  unless {_SPOOL_FULL}\n  unless on () {_least(m.BUS_UP)} == 0",
        "{{ $value }} messages in the spool of {{ $labels.process }} on the way to the bus.",
    ),
    Rule(
        "clock",
        Urgency.SOON,
        0,
        f"""max by (process) (abs({m.AHEAD.name})) >= {c.CLOCK_SECONDS:g}
  or max by (process) (abs({_OFF})) >= {c.CLOCK_SECONDS:g}
  or max (abs({m.JUMPED.name})) >= {c.CLOCK_SECONDS:g}
  or abs({_least(m.NEWEST_AGE)} <= -{c.CLOCK_SECONDS:g})""",
        "The clock of {{ or $labels.process `the monitor or of the bus` }} is off by {{ $value | humanizeDuration }}.",
    ),
    Rule("started-twice", Urgency.NOW, 0, _FENCED, f"{_OF_WORKER} is fenced again and again: two have one name."),
    Rule(
        "stage-waiting",
        Urgency.SOON,
        _MOMENT,
        f"{_most(m.WAITING, *_WORKER)} == 1\n  unless ({_FENCED})",
        f"{_OF_WORKER} waits for something that is away.",
    ),
    Rule(
        "stage-hanging",
        Urgency.NOW,
        0,
        f"{_most(m.SILENT, *_WORKER)} >= {c.HANGING_SECONDS:g}",
        f"{_OF_WORKER} has not come round for {{{{ $value | humanizeDuration }}}}.",
    ),
    Rule(
        "stage-stopped",
        Urgency.NOW,
        _MOMENT,
        f"{_STAGE_WAITS}\n  and {_NOBODY}",
        "Nobody works {{ $labels.stage }}, and {{ $value }} messages wait.",
    ),
    Rule(
        "stage-stopped",
        Urgency.SOON,
        _MOMENT,
        f"{_NOBODY}\n  unless {_STAGE_WAITS}",
        "Nobody works {{ $labels.stage }}; nothing waits yet.",
    ),
    Rule(
        "stage-behind",
        Urgency.NOW,
        0,
        f"{_most(m.STAGE_OLDEST, 'stage')} >= {c.BEHIND_SECONDS:g}\n  and {_most(m.MEMBERS, 'stage')} > 0",
        "{{ $labels.stage }} is behind: the oldest message waits for {{ $value | humanizeDuration }}.",
    ),
    Rule(
        "dead-letters",
        Urgency.SOON,
        0,
        f"sum by (stage) ({_most(m.LETTERS, 'stage', 'reason')}) > 0",
        "{{ $labels.stage }} put aside {{ $value }} messages nobody decided about.",
    ),
    Rule(
        "dead-letter-rate",
        Urgency.NOW,
        0,
        f"sum by (worker) (max by (process, worker) (increase({m.REJECTED.name}[{_LETTERS_WINDOW}])))"
        f" >= {LETTERS_AT_ONCE}",
        f"{{{{ $labels.worker }}}} put aside {{{{ $value | humanize }}}} messages in {_LETTERS_WINDOW}.",
    ),
    Rule(
        "quarantine",
        Urgency.NOW,
        0,
        _UNPROVEN,
        "{{ $value }} messages of {{ $labels.channel }} with a signature that does not fit, and none proven since.",
    ),
    Rule(
        "quarantine",
        Urgency.SOON,
        0,
        f"sum by (channel) ({_most(m.HELD, 'channel', 'reason')}) > 0\n  unless ({_UNPROVEN})",
        "{{ $value }} messages of {{ $labels.channel }} in quarantine.",
    ),
    Rule(
        "flood",
        Urgency.SOON,
        0,
        f"{_most(m.ACCEPTED_MINUTE, 'channel')}\n"
        f"  >= clamp_min({c.FLOOD_TIMES:g} * {_most(m.ACCEPTED_USUAL, 'channel')} / 60, {c.FLOOD_IN_A_MINUTE})",
        "{{ $value }} messages by {{ $labels.channel }} in a minute, far more than usual.",
    ),
    Rule(
        "door-silent",
        Urgency.SOON,
        0,
        f"{_least(m.NEWEST_AGE, 'channel')} >= {_most(m.USUAL_SILENCE, 'channel')}",
        "Nothing came by {{ $labels.channel }} for {{ $value | humanizeDuration }}, longer than usual.",
    ),
    Rule(
        "triage-waiting",
        Urgency.SOON,
        0,
        f"""{_most(m.QUEUE_OLDEST, only=f'agency="{TRIAGE}"')} >= {c.TRIAGE_SECONDS:g}""",
        "A case waits at triage for a person since {{ $value | humanizeDuration }}.",
    ),
    Rule(
        "agency-overdue",
        Urgency.LOOK,
        0,
        f"sum ({_most(m.OVERDUE, 'agency', only=_AGENCIES)}) > 0",
        "{{ $value }} cases are past their due time.",
    ),
    Rule(
        "agency-oldest",
        Urgency.SOON,
        0,
        f"{_most(m.QUEUE_OLDEST, 'agency', only=_AGENCIES)} >= {AGENCY_SECONDS}",
        "A case lies at {{ $labels.agency }} without an answer for {{ $value | humanizeDuration }}.",
    ),
    Rule(
        "audit",
        Urgency.NOW,
        0,
        f"{_most(m.DIFFERENCES, 'kind')} > 0",
        "The audit found {{ $value }} messages {{ $labels.kind }}; `satupintu audit` names them.",
    ),
    Rule(
        "look-old",
        Urgency.NOW,
        0,
        f"{_least(m.LOOK_AGE)} >= {LOOK_SECONDS}",
        "The monitor has not looked for {{ $value | humanizeDuration }}: what it says is as old.",
    ),
    Rule(
        "monitor-down",
        Urgency.NOW,
        2 * _MOMENT,
        f"absent({m.LOOK_AGE.name})",
        "No monitor says what it sees: of stages, doors and agencies nothing is known.",
    ),
    Rule(
        "scrape-failed",
        Urgency.NOW,
        _MOMENT,
        f'up{{job="{JOB}"}} == 0',
        "Prometheus gets no metrics from {{ $labels.instance }}.",
    ),
)


def alert_rules(polled_doors: Collection[str]) -> tuple[Rule, ...]:
    """Return every alert. `polled_doors` lose no message while they are shut: their providers keep them."""
    return (*_AVAILABILITY, *_door_rules(polled_doors), *_STATE)


def _door_rules(polled_doors: Collection[str]) -> tuple[Rule, ...]:
    names = "|".join(sorted(polled_doors))
    # One name needs no regular expression.
    equal, unequal = ("=~", "!~") if "|" in names else ("=", "!=")
    polled, unpolled = f'door{equal}"{names}"', f'door{unequal}"{names}"'
    return (
        Rule(
            "door-shut",
            Urgency.NOW,
            _MOMENT,
            f"{_least(m.DOOR_OPEN, 'process', 'door', only=unpolled)} == 0",
            "The door {{ $labels.door }} of {{ $labels.process }} is shut; its /ready says why.",
        ),
        Rule(
            "door-shut",
            Urgency.SOON,
            _MOMENT,
            f"{_least(m.DOOR_OPEN, 'process', 'door', only=polled)} == 0",
            "{{ $labels.process }} can't read what is said to us on X; its /ready says why.",
        ),
    )


def document(rules: Iterable[Rule]) -> str:
    """The file of rules, as Prometheus reads it."""
    head = "# Written by `make alerts` from the thresholds of monitor/alert_conditions.py: change them there.\n"
    return f"{head}groups:\n  - name: satupintu\n    rules:\n{''.join(map(_text, rules))}"


def _text(rule: Rule) -> str:
    lines = [
        f"- alert: {rule.alert}",
        "  expr: |-",
        *(f"    {line}" for line in rule.expr.splitlines()),
        f"  for: {rule.hold}s",
        "  labels:",
        f"    severity: {SEVERITIES[rule.urgency]}",
        "  annotations:",
        # JSON's strings are YAML's.
        f"    summary: {json.dumps(rule.summary)}",
        f"    runbook: {rule.entry}",
    ]
    return "".join(f"      {line}\n" for line in lines)
