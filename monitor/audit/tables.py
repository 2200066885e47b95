"""SQL of the audit's tables: the facts that are kept between two runs, and what a run derives from them.

The facts are tables of the file. Everything else is temporary. In a full pass, the temporary names `arrival`,
`complaint`, `hop` and `answer` are views of all facts. In an incremental pass they, `event`, `division`, `letter` and
`held`, are tables with those facts that the evaluated keys depend on; SQLite finds them before the tables of the file.
"""
# ruff: noqa: S608 - the statements are put together from constants of this module

# One row for each record, as `facts.py` reads it, with its place (a partition) and offset. `evaluated` in an
# incremental pass: keys whose fate may have changed. `moved`: complaints that are new or have a new dispatch.
# `outcome`: the numbers of `Audit` to which a key adds; `total`: their sums. `unsettled`: keys to evaluate again.
FACT_TABLES = """
CREATE TABLE place (id INTEGER PRIMARY KEY, topic, number, start, last_offset, last_digest, first_ms);
CREATE TABLE group_offset (stage, place, next, PRIMARY KEY (stage, place)) WITHOUT ROWID;
CREATE TABLE state (name PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE letter (id, stage, PRIMARY KEY (id, stage)) WITHOUT ROWID;
CREATE TABLE held (id PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE event (event, subject, message, at);
CREATE TABLE division (part, at);
CREATE TABLE arrival (id, at, place, record_offset);
CREATE TABLE complaint (id, message, kind, of, tracking, at, redriven, place, record_offset);
CREATE TABLE hop (complaint, number, id, agency, astray, of, at, redriven, place, record_offset);
CREATE TABLE answer (id, complaint, dispatch, redriven, place, record_offset);
CREATE TABLE outcome (key, name, number, PRIMARY KEY (key, name)) WITHOUT ROWID;
CREATE TABLE total (name PRIMARY KEY, number) WITHOUT ROWID;
CREATE TABLE unsettled (key PRIMARY KEY) WITHOUT ROWID;
"""

# Made after the facts of a full pass, which are many.
FACT_INDEXES = """
CREATE INDEX event_subject ON event (subject, event, message, at);
CREATE INDEX event_message ON event (message);
CREATE INDEX division_part ON division (part);
CREATE INDEX arrival_id ON arrival (id);
CREATE INDEX complaint_id ON complaint (id, kind, at, of);
CREATE INDEX complaint_message ON complaint (message, redriven, id);
CREATE INDEX complaint_tracking ON complaint (tracking, id);
CREATE INDEX complaint_of ON complaint (of) WHERE of NOTNULL;
CREATE INDEX hop_number ON hop (complaint, number, redriven, at);
CREATE INDEX hop_id ON hop (id);
CREATE INDEX hop_of ON hop (of) WHERE of NOTNULL;
CREATE INDEX answer_id ON answer (id);
CREATE INDEX answer_complaint ON answer (complaint);
"""

# Of this run. `since` has times in milliseconds: retention deleted no record that is younger. `committed` has the next
# offset of each stage, `span` the end of each partition, both at the start of the audit. `name` is `topic/partition`.
RUN_TABLES = """
CREATE TEMP TABLE committed (stage, place, next, PRIMARY KEY (stage, place)) WITHOUT ROWID;
CREATE TEMP TABLE span (place INTEGER PRIMARY KEY, name, stop);
CREATE TEMP TABLE ledger (id PRIMARY KEY, at) WITHOUT ROWID;
CREATE TEMP TABLE recorded_dispatch (id PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE routed (complaint, number, place, record_offset, PRIMARY KEY (complaint, number)) WITHOUT ROWID;
CREATE TEMP TABLE expired (place, offsets, stage);
CREATE TEMP TABLE miscounted (agency, cases);
CREATE TEMP TABLE since (arrivals, outcomes, complaints, hops, letters);
"""

SEEDS = """
CREATE TEMP TABLE evaluated (key PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE moved (key PRIMARY KEY) WITHOUT ROWID;
INSERT INTO evaluated SELECT key FROM unsettled;
CREATE TEMP TRIGGER new_letter AFTER INSERT ON main.letter BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.id); END;
CREATE TEMP TRIGGER new_held AFTER INSERT ON main.held BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.id); END;
CREATE TEMP TRIGGER new_event AFTER INSERT ON main.event BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.subject), (NEW.message); END;
CREATE TEMP TRIGGER new_division AFTER INSERT ON main.division BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.part); END;
CREATE TEMP TRIGGER new_arrival AFTER INSERT ON main.arrival BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.id); END;
CREATE TEMP TRIGGER new_complaint AFTER INSERT ON main.complaint BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.id), (NEW.message); INSERT OR IGNORE INTO moved VALUES (NEW.id); END;
CREATE TEMP TRIGGER new_hop AFTER INSERT ON main.hop BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.complaint); INSERT OR IGNORE INTO moved VALUES (NEW.complaint); END;
CREATE TEMP TRIGGER new_answer AFTER INSERT ON main.answer BEGIN
  INSERT OR IGNORE INTO evaluated VALUES (NEW.id), (NEW.complaint); END;
"""

# Each statement adds the keys whose fate depends on a record of the keys before. A rule that compares records in a way
# of its own needs a line here, or the incremental pass misses its differences.
EXPANSION = """
-- A letter has the id of a dispatch or of an answer.
INSERT OR IGNORE INTO evaluated SELECT complaint FROM evaluated CROSS JOIN main.hop ON hop.id = key;
INSERT OR IGNORE INTO evaluated SELECT complaint FROM evaluated CROSS JOIN main.answer ON answer.id = key;
-- Followers compare their agency with that of their case, and the case must exist.
INSERT OR IGNORE INTO evaluated SELECT complaint FROM moved CROSS JOIN main.hop ON hop.of = key;
INSERT OR IGNORE INTO evaluated SELECT id FROM moved CROSS JOIN main.complaint ON complaint.of = key;
-- A message has several arrivals and complaints.
INSERT OR IGNORE INTO evaluated SELECT message FROM evaluated CROSS JOIN main.complaint ON complaint.id = key;
INSERT OR IGNORE INTO evaluated SELECT id FROM evaluated CROSS JOIN main.complaint ON message = key;
INSERT OR IGNORE INTO evaluated SELECT mate.id FROM evaluated CROSS JOIN main.complaint AS known ON known.id = key
  CROSS JOIN main.complaint AS mate ON mate.tracking = known.tracking;
INSERT OR IGNORE INTO evaluated SELECT id FROM evaluated CROSS JOIN main.answer ON answer.complaint = key;
INSERT OR IGNORE INTO evaluated SELECT subject FROM evaluated CROSS JOIN main.event ON event.message = key;
"""

_PENDING = (
    "record_offset >= coalesce("
    "(SELECT next FROM committed WHERE stage = '{stage}' AND committed.place = {table}.place), 0)"
)
_LATE = "record_offset >= coalesce((SELECT stop FROM span WHERE span.place = hop.place), 0)"


def _pending(table: str, stage: str) -> str:
    return _PENDING.format(table=table, stage=stage)


# The stored hops with a flag. `routing`: the record that led to the hop is not committed: it is published later.
ROUTED_HOPS = f"""
CREATE TEMP VIEW routed_hop AS SELECT complaint, number, coalesce({_pending("routed", "router")}, 0) AS routing
  FROM routed;
"""

# The facts with flags. `normalizing`, `routing`, `recording`: the normalizer, the router, the ledger has not processed
# the record yet. `late`: appended after the start of the audit. `position` is that of the record.
_FLAGGED = {
    "arrival": f"arrival.*, {_pending('arrival', 'normalize')} AS normalizing,"
    " (SELECT name FROM span WHERE span.place = arrival.place) || '/' || record_offset AS position",
    "complaint": f"complaint.*, {_pending('complaint', 'router')} AS routing,"
    f" {_pending('complaint', 'cases')} AS recording",
    "hop": f"hop.*, {_LATE} AS late, {_pending('hop', 'cases')} AS recording",
    "answer": f"answer.*, {_pending('answer', 'router')} AS routing",
}

ALL_FACTS = "\n".join(
    f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table};" for table, columns in _FLAGGED.items()
)

_KEYS_JOINED = "SELECT {table}.rowid FROM evaluated CROSS JOIN main.{table} ON {table}.{column} = key"


def _rows_with(table: str, *columns: str) -> str:
    return " UNION ".join(_KEYS_JOINED.format(table=table, column=column) for column in columns)


_COMPLAINTS = f"""{_rows_with("complaint", "id", "message")}
  UNION SELECT complaint.rowid FROM context CROSS JOIN main.complaint ON complaint.id = context.key
  UNION SELECT mate.rowid FROM evaluated CROSS JOIN main.complaint AS known ON known.id = key
    CROSS JOIN main.complaint AS mate ON mate.message = known.message
  UNION SELECT mate.rowid FROM evaluated CROSS JOIN main.complaint AS known ON known.id = key
    CROSS JOIN main.complaint AS mate ON mate.tracking = known.tracking"""

# `context`: the cases that evaluated complaints belong to.
SOME_FACTS = f"""
CREATE TEMP TABLE context (key PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO context SELECT of FROM evaluated CROSS JOIN main.complaint ON complaint.id = key WHERE of NOTNULL;
INSERT OR IGNORE INTO context SELECT of FROM evaluated CROSS JOIN main.hop ON complaint = key WHERE of NOTNULL;
CREATE TEMP TABLE arrival AS SELECT {_FLAGGED["arrival"]} FROM main.arrival
  WHERE rowid IN ({_rows_with("arrival", "id")});
CREATE TEMP TABLE complaint AS SELECT {_FLAGGED["complaint"]} FROM main.complaint WHERE rowid IN ({_COMPLAINTS});
CREATE TEMP TABLE hop AS SELECT {_FLAGGED["hop"]} FROM main.hop WHERE rowid IN ({_rows_with("hop", "complaint")}
  UNION SELECT hop.rowid FROM context CROSS JOIN main.hop ON complaint = context.key);
CREATE TEMP TABLE answer AS SELECT {_FLAGGED["answer"]} FROM main.answer
  WHERE rowid IN ({_rows_with("answer", "id", "complaint")});
CREATE TEMP TABLE event AS SELECT * FROM main.event WHERE rowid IN ({_rows_with("event", "subject", "message")});
CREATE TEMP TABLE division AS SELECT * FROM main.division WHERE rowid IN ({_rows_with("division", "part")});
CREATE TEMP TABLE held AS SELECT held.* FROM evaluated CROSS JOIN main.held ON held.id = key;
CREATE TEMP TABLE letter AS SELECT letter.* FROM
  (SELECT key FROM evaluated UNION SELECT key FROM context UNION SELECT id FROM temp.hop
    UNION SELECT position FROM temp.arrival) AS subject
  CROSS JOIN main.letter ON letter.id = subject.key;
CREATE INDEX temp.some_event ON event (subject, event);
CREATE INDEX temp.some_letter ON letter (id, stage);
CREATE INDEX temp.some_arrival_id ON arrival (id);
CREATE INDEX temp.some_complaint ON complaint (id);
CREATE INDEX temp.some_message ON complaint (message);
CREATE INDEX temp.some_tracking ON complaint (tracking, id);
CREATE INDEX temp.some_hop ON hop (complaint, number);
"""

# `message`: the fate of each accepted message; `past` if retention may have deleted its outcome.
# `complaint_fate`: the fate of each complaint; `kept` is 1 if retention has deleted nothing that followed from it.
# `aside`: messages that are no complaint. A replayed message of a forgotten person is set aside too, whatever it was.
# `latest_dispatch`: the latest dispatch of each complaint.
FATE_TABLES = """
CREATE TEMP TABLE aside AS SELECT subject AS message FROM event WHERE event = 'not-a-complaint'
  UNION ALL SELECT DISTINCT subject FROM event WHERE event = 'forgotten'
    AND NOT EXISTS (SELECT 1 FROM complaint WHERE complaint.message = event.subject)
    AND NOT EXISTS (SELECT 1 FROM event AS earlier WHERE earlier.subject = event.subject
      AND earlier.event = 'not-a-complaint');
CREATE INDEX temp.aside_message ON aside (message);
CREATE TEMP VIEW released AS SELECT subject AS held, message, at FROM event WHERE event = 'released';

CREATE TEMP TABLE message (id, deliveries, fate);
INSERT INTO message SELECT arrival.id, count(*), CASE
    WHEN max(EXISTS (SELECT 1 FROM complaint WHERE complaint.message = arrival.id)) THEN 'done'
    WHEN max(EXISTS (SELECT 1 FROM aside WHERE aside.message = arrival.id)) THEN 'done'
    WHEN max(normalizing) THEN 'pending'
    WHEN max(EXISTS (SELECT 1 FROM letter WHERE stage = 'normalize' AND letter.id IN (arrival.id, position)))
      THEN 'dead'
    WHEN min(at) < (SELECT outcomes FROM since) THEN 'past'
    ELSE 'lost' END
  FROM arrival GROUP BY arrival.id;

CREATE TEMP TABLE complaint_fate (id PRIMARY KEY, kept, fate) WITHOUT ROWID;
INSERT INTO complaint_fate SELECT complaint.id, min(at) >= (SELECT hops FROM since), CASE
    WHEN NOT EXISTS (SELECT 1 FROM hop WHERE hop.complaint = complaint.id) THEN CASE
      WHEN max(routing) THEN 'pending'
      WHEN EXISTS (SELECT 1 FROM letter WHERE stage = 'router' AND letter.id = complaint.id) THEN 'dead'
      WHEN min(at) < (SELECT hops FROM since) THEN min(kind)
      ELSE 'not_dispatched' END
    WHEN EXISTS (SELECT 1 FROM ledger WHERE ledger.id = complaint.id) THEN min(kind)
    WHEN EXISTS (SELECT 1 FROM letter WHERE stage = 'sinks' AND letter.id = complaint.id) THEN min(kind)
    WHEN max(recording) THEN 'pending'
    WHEN min(at) < (SELECT letters FROM since) THEN min(kind)
    ELSE 'not_recorded' END
  FROM complaint GROUP BY complaint.id;

CREATE TEMP TABLE latest_dispatch (complaint PRIMARY KEY, number, agency, of, at, late) WITHOUT ROWID;
INSERT INTO latest_dispatch SELECT complaint, max(number), agency, of, at, late FROM hop GROUP BY complaint;
"""

_OUTCOMES = """
SELECT id AS key, 'message ' || fate AS name, 1 AS number FROM message
UNION ALL SELECT id, 'delivered_again', deliveries - 1 FROM message WHERE deliveries > 1
UNION ALL SELECT id, CASE WHEN EXISTS (SELECT 1 FROM complaint WHERE complaint.id = complaint_fate.id
  AND kind = 'part') THEN 'part ' ELSE 'complaint ' END || fate, 1 FROM complaint_fate
UNION ALL SELECT id, 'complaint_redriven', count(*) FROM complaint WHERE redriven GROUP BY id
UNION ALL SELECT complaint, 'hop_redriven', count(*) FROM hop WHERE redriven GROUP BY complaint
UNION ALL SELECT id, 'answer_redriven', count(*) FROM answer WHERE redriven GROUP BY id
UNION ALL SELECT id, 'quarantined', 1 FROM held WHERE id NOT IN (SELECT held FROM released)
UNION ALL SELECT message, 'not_complaints', 1 FROM aside GROUP BY message
UNION ALL SELECT complaint, CASE agency WHEN 'triage' THEN 'at_triage' ELSE 'at_agencies' END, 1 FROM latest_dispatch
"""

# Records in progress are evaluated again, and so are the subjects of differences.
_UNSETTLED = """
SELECT id AS key FROM message WHERE fate IN ('pending', 'lost')
UNION SELECT id FROM complaint WHERE routing OR recording
UNION SELECT complaint FROM hop WHERE late OR recording
UNION SELECT id FROM answer WHERE routing
"""

KEEP_ALL = f"""
INSERT INTO outcome {_OUTCOMES};
INSERT INTO total SELECT name, sum(number) FROM outcome GROUP BY name;
INSERT OR IGNORE INTO unsettled {_UNSETTLED};
"""

_ADD = "ON CONFLICT (name) DO UPDATE SET number = number + excluded.number"
_IS_EVALUATED = "key IN (SELECT key FROM evaluated)"

# The outcomes of the evaluated keys take the place of those before.
KEEP_SOME = f"""
INSERT INTO total SELECT name, -sum(number) FROM evaluated CROSS JOIN outcome USING (key) GROUP BY name {_ADD};
DELETE FROM outcome WHERE {_IS_EVALUATED};
INSERT INTO outcome SELECT * FROM ({_OUTCOMES}) WHERE {_IS_EVALUATED};
INSERT INTO total SELECT name, sum(number) FROM evaluated CROSS JOIN outcome USING (key) GROUP BY name {_ADD};
DELETE FROM unsettled WHERE {_IS_EVALUATED};
INSERT OR IGNORE INTO unsettled SELECT key FROM ({_UNSETTLED}) WHERE {_IS_EVALUATED};
"""
