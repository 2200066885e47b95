"""Rules of all differences that the audit finds: name, kind, sentence and SQL query.

The queries read the tables of `tables.py`. Each result row has the id that the difference is about, then the values
for the sentence. docs/reference.md has the first action for each difference.
"""

from typing import Literal, NamedTuple

Kind = Literal["lost", "doubled", "misfiled", "miscounted"]


class DifferenceRule(NamedTuple):
    """One kind of difference; `text` is its sentence, with `{}` for the values of the query."""

    name: str
    kind: Kind
    text: str
    query: str


DIFFERENCE_RULES = (
    DifferenceRule(
        "no_outcome",
        "lost",
        "accepted, but without an outcome",
        "SELECT id FROM message WHERE fate = 'lost'",
    ),
    DifferenceRule(
        "expired_unread",
        "lost",
        "retention deleted {} offsets that {} had not read",
        "SELECT place, offsets, stage FROM expired",
    ),
    DifferenceRule(
        "released_nowhere",
        "lost",
        "released by a person, but not on its topic",
        # The message is published just before the event. A day (86,400,000 ms) is tolerated between them.
        "SELECT held FROM released WHERE at - 86400000 >= (SELECT arrivals FROM since)"
        " AND NOT EXISTS (SELECT 1 FROM arrival WHERE arrival.id = released.message) GROUP BY held",
    ),
    DifferenceRule(
        "not_dispatched",
        "lost",
        "complaint in no agency's queue",
        "SELECT id FROM complaint_fate WHERE fate = 'not_dispatched'",
    ),
    DifferenceRule(
        "part_lost",
        "lost",
        "a report was divided, but the part is not on the topic of complaints",
        "SELECT part FROM division WHERE at >= (SELECT complaints FROM since)"
        " AND NOT EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = division.part) GROUP BY part",
    ),
    DifferenceRule(
        "not_recorded",
        "lost",
        "complaint not in the ledger",
        "SELECT id FROM complaint_fate WHERE fate = 'not_recorded'",
    ),
    DifferenceRule(
        "dispatch_not_recorded",
        "lost",
        "dispatch to {} not in the ledger",
        "SELECT complaint, agency FROM hop WHERE NOT recording AND at >= (SELECT letters FROM since)"
        " AND id NOT IN (SELECT id FROM recorded_dispatch)"
        " AND NOT EXISTS (SELECT 1 FROM letter WHERE stage = 'sinks' AND letter.id = hop.id) GROUP BY id",
    ),
    DifferenceRule(
        "hop_missing",
        "lost",
        "hop {} without hop {}",
        "SELECT complaint, number, number - 1 FROM hop WHERE number > 0 AND NOT late AND NOT EXISTS"
        " (SELECT 1 FROM hop AS previous WHERE previous.complaint = hop.complaint AND previous.number = hop.number - 1)"
        " AND EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = hop.complaint AND complaint_fate.kept)"
        " GROUP BY complaint, number",
    ),
    DifferenceRule(
        "hop_not_published",
        "lost",
        "hop {} is stored by the router, but in no queue",
        "SELECT complaint, number FROM routed_hop AS stored WHERE NOT routing"
        " AND NOT EXISTS (SELECT 1 FROM hop WHERE hop.complaint = stored.complaint AND hop.number = stored.number)"
        # Without any hop the complaint is not dispatched.
        " AND EXISTS (SELECT 1 FROM hop WHERE hop.complaint = stored.complaint)"
        " AND NOT EXISTS (SELECT 1 FROM letter WHERE stage = 'router' AND letter.id = stored.complaint)"
        " AND EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = stored.complaint AND complaint_fate.kept)",
    ),
    DifferenceRule(
        "hop_not_stored",
        "lost",
        "hop {} is at {}, but the router has not stored it",
        "SELECT complaint, number, agency FROM hop WHERE NOT late AND at >= (SELECT hops FROM since)"
        " AND NOT EXISTS (SELECT 1 FROM routed WHERE routed.complaint = hop.complaint AND routed.number = hop.number)"
        " GROUP BY complaint, number",
    ),
    DifferenceRule(
        "dispatched_unknown",
        "lost",
        "dispatched, but the complaint is not on its topic",
        "SELECT complaint FROM latest_dispatch WHERE NOT late AND (SELECT complaints FROM since) = 0"
        " AND NOT EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = latest_dispatch.complaint)",
    ),
    DifferenceRule(
        "recorded_unknown",
        "lost",
        "in the ledger, but the complaint is not on its topic",
        "SELECT id FROM ledger WHERE at >= (SELECT complaints FROM since)"
        " AND NOT EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = ledger.id)",
    ),
    DifferenceRule(
        "belongs_to_unknown",
        "lost",
        "belongs to {}, which is not on the topic of complaints",
        "SELECT id, of FROM complaint WHERE of NOTNULL AND NOT routing AND (SELECT complaints FROM since) = 0"
        " AND NOT EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = complaint.of)"
        " AND NOT EXISTS (SELECT 1 FROM letter WHERE stage = 'normalize' AND letter.id = complaint.of) GROUP BY id",
    ),
    DifferenceRule(
        "answers_unknown",
        "lost",
        "answers dispatch {}, which is in no queue",
        "SELECT id, dispatch FROM answer WHERE NOT routing"
        " AND NOT EXISTS (SELECT 1 FROM hop WHERE hop.complaint = answer.complaint AND hop.id = answer.dispatch)"
        " AND NOT EXISTS (SELECT 1 FROM letter WHERE stage = 'router' AND letter.id = answer.id)"
        " AND ((SELECT hops FROM since) = 0"
        " OR EXISTS (SELECT 1 FROM complaint_fate WHERE complaint_fate.id = answer.complaint AND complaint_fate.kept))"
        " GROUP BY id",
    ),
    DifferenceRule(
        "complaint_twice",
        "doubled",
        "complaint published twice",
        "SELECT min(id) FROM complaint WHERE NOT redriven GROUP BY message HAVING count(*) > 1",
    ),
    DifferenceRule(
        "set_aside_twice",
        "doubled",
        "set aside twice",
        "SELECT message FROM aside GROUP BY message HAVING count(*) > 1",
    ),
    DifferenceRule(
        "two_outcomes",
        "doubled",
        "both a complaint and set aside",
        "SELECT message FROM aside"
        " WHERE EXISTS (SELECT 1 FROM complaint WHERE complaint.message = aside.message) GROUP BY message",
    ),
    DifferenceRule(
        "hop_twice",
        "doubled",
        "hop {} dispatched twice",
        "SELECT complaint, number FROM hop WHERE NOT redriven GROUP BY complaint, number HAVING count(*) > 1",
    ),
    DifferenceRule(
        "number_twice",
        "doubled",
        "has the tracking number of {} too",
        "SELECT id, CASE id WHEN first_id THEN last_id ELSE first_id END FROM complaint JOIN"
        " (SELECT tracking, min(id) AS first_id, max(id) AS last_id FROM complaint"
        " GROUP BY tracking HAVING min(id) <> max(id)) USING (tracking) GROUP BY id",
    ),
    DifferenceRule(
        "wrong_queue",
        "misfiled",
        "for {}, but in {}",
        "SELECT complaint, agency, astray FROM hop WHERE astray NOTNULL",
    ),
    DifferenceRule(
        "apart_from_case",
        "misfiled",
        "at {}, but belongs to what is at {}",
        "SELECT latest_dispatch.complaint, latest_dispatch.agency, root.agency FROM latest_dispatch"
        " JOIN latest_dispatch AS root ON root.complaint = latest_dispatch.of"
        " WHERE root.agency <> latest_dispatch.agency"
        # If retention may have deleted the last dispatch of either, its present agency is unknown. A case that moves
        # during the audit moves together with its repeats in one queue, so they are read together.
        " AND latest_dispatch.at >= (SELECT hops FROM since) AND root.at >= (SELECT hops FROM since)",
    ),
    DifferenceRule(
        "queue_miscounted",
        "miscounted",
        "the kept counts of its unanswered cases differ from the ledger by {}",
        "SELECT agency, cases FROM miscounted",
    ),
)
