"""First move of a person for each alert, by the alert's name.

The console shows it beside the alert, and docs/alerts.md has the same words; a test compares them.
"""

from collections.abc import Mapping

from pages.translation.message import Message
from pages.translation.message import message as _

FIRST_MOVES: Mapping[str, Message] = {
    "agency-overdue": _("`satupintu top` shows the agencies. Tell them, and their overseers."),
    "audit": _(
        "`satupintu audit` lists each, and *Differences* in the runbook has the first action. Change nothing before "
        "the developers have seen it. Do not tell citizens about lost messages until then."
    ),
    "bus-away": _(
        "Bring the bus back. The stages continue and the spools empty by themselves. Check how much space the spools "
        "have left: `spool_share` in `/ready` on its operations' port."
    ),
    "clock": _("`timedatectl` on that host: start its time service. The alert is cleared when the clocks agree."),
    "danger-unopened": _(
        "Telephone the coordinator of the agency now: the report tells of danger to life. For triage: `/desk/triase`. "
        "The alert is cleared when somebody opens the case."
    ),
    "database-away": _("Bring it back. No other action is needed."),
    "dead-letters": _(
        "`/desk/surat-mati`, or `satupintu dead-letters list --by reason`. Correct the cause first (*Dead letters* in "
        "the runbook), then redrive or drop."
    ),
    "disk-filling": _(
        "`df -h` and `du -xsh *` in `SATUPINTU_HOME`: what grows? A waiting bus fills the spool (`spool-filling`). "
        "Make the disk larger, or move old archives and back-ups to another one."
    ),
    "disk-full": _(
        "Free space first: move archives, back-ups and logs to another disk, or make this one larger; delete no `*.db` "
        "file. Then look at the other alerts: most are cleared by themselves."
    ),
    "door-shut": _(
        "Bring back what is away. While the bus is away, a higher `SATUPINTU_SPOOL_MEGABYTES` (with enough disk) opens "
        "the door. For X: set a new `SATUPINTU_X_BEARER_TOKEN` or a higher `SATUPINTU_X_READS_PER_DAY`; `rate_limited` "
        "ends by itself. Restart the process after a changed setting."
    ),
    "door-silent": _(
        "Send one message by that channel. If it does not arrive, check the provider's console, then the proxy. "
        "Messages that Twilio received meanwhile: `satupintu reconcile sms`."
    ),
    "doors-unwatched": _(
        "Give each process with doors a `SATUPINTU_OPS_PORT`, name the addresses of all processes in "
        "`SATUPINTU_OPS_PEERS`, and restart the monitor. If no process has doors: `satupintu run ingest`."
    ),
    "flood": _(
        "The console names under *Processes* a network that sends at least half of the requests to a door. Is it one "
        "sender? Set a lower rate in `SATUPINTU_RATES`, or block it at the proxy; a mobile operator's network may be "
        "thousands of citizens. No such network: they are citizens; start more processes if `stage-behind` follows. "
        "SMS and X: the provider's console shows the senders."
    ),
    "process-away": _(
        "Start it. After exit code 78, first correct what `part.stopped` in its log names. If it runs: correct its "
        "address and restart the monitor."
    ),
    "quarantine": _(
        "Compare the secret and `SATUPINTU_PUBLIC_URL` with the provider's console and restart. Then release or drop: "
        "`/desk/karantina`, or `satupintu quarantine list`."
    ),
    "retention-near": _(
        "Raise the topic's retention first: `kafka-configs.sh --alter --entity-type topics --entity-name TOPIC "
        "--add-config retention.ms=-1`. Then start the stage (`stage-stopped`), and set the retention back when "
        "`satupintu lag` shows no backlog."
    ),
    "spool-aside": _("Raise the broker's size limit again. Tell the developers; no byte is lost. Keep the file."),
    "spool-corrupt": _(
        "Check the disk (`dmesg`, `smartctl`). Then recover the messages: *A corrupt spool* in the runbook. The alert "
        "is cleared when the file is moved."
    ),
    "spool-filling": _(
        "Bring the bus back. If that takes longer, raise `SATUPINTU_SPOOL_MEGABYTES` as far as the disk allows, and "
        "restart the process."
    ),
    "spool-waiting": _(
        "None while the number falls. If it does not fall: look for `spool.drain_failed` and `spool.rejected` in the "
        "log."
    ),
    "stage-behind": _(
        "Wait while the numbers of `satupintu lag` fall. Otherwise check the database; then start one more process of "
        "that stage with its own `SATUPINTU_INSTANCE` (at most six share a topic; one process at a time derives for a "
        "`cases:…`)."
    ),
    "stage-hanging": _(
        "Check the database. If the worker still hangs, restart the process; nothing is lost. After ten minutes "
        "`/live` answers 503, for a supervisor that checks it."
    ),
    "stage-stopped": _(
        "`satupintu run normalize`, `run router`, `run cases`; replies and `forget` belong to `run sinks`. After exit "
        "code 78, first correct what `part.stopped` names."
    ),
    "stage-waiting": _(
        "Bring the bus or the database back. If all other processes reach it, check this host's network and settings "
        "(`satupintu check`). If `stage.retry` says `install the newer version`: a newer program writes already; "
        "upgrade this process."
    ),
    "started-twice": _("Stop one of the two processes, or give each its own `SATUPINTU_INSTANCE` and restart it."),
    "triage-waiting": _("`/desk/triase`, or `satupintu triage list` and `decide`; many similar cases need a rule."),
    "webhook-off": _(
        "`satupintu desk webhook list CODE`; the log event `webhook.switched_off` names the agency. Its coordinators "
        "have an e-mail. They repair the receiver and switch the webhook on, or remove it."
    ),
}
