-- The figures computed again from the archive's files, without any code of the program. All times are UTC.
-- One question at most is in a case, and no merge brings an earlier arrival: the generated year is like that.
CREATE TABLE days AS
SELECT day, works, CAST(sum(works) OVER (ORDER BY day) AS BIGINT) AS number FROM (
    SELECT CAST(d AS DATE) AS day,
           CAST(isodow(d) < 6 AND CAST(d AS DATE) NOT IN (SELECT CAST(day AS DATE) FROM holidays) AS INTEGER) AS works
    FROM range(DATE '2025-01-01', DATE '2027-12-31', INTERVAL 1 DAY) AS calendar(d));

-- As lists, because a lookup in a list is quick: by the number of the day, and by the number of the working day.
SET VARIABLE numbers = (SELECT list(number ORDER BY day) FROM days);
SET VARIABLE working = (SELECT list(works ORDER BY day) FROM days);
SET VARIABLE nth_working = (SELECT list(CAST(day AS TIMESTAMP) ORDER BY day) FROM days WHERE works = 1);

CREATE MACRO local_time(t, h) AS t + to_hours(h);
CREATE MACRO day_index(t, h) AS CAST(local_time(t, h) AS DATE) - DATE '2025-01-01' + 1;
CREATE MACRO seconds_of_day(t, h) AS epoch(local_time(t, h)) - epoch(date_trunc('day', local_time(t, h)));
-- The same time of the day, some working days later.
CREATE MACRO after_days(t, k, h) AS
    getvariable('nth_working')[getvariable('numbers')[day_index(t, h)] + k] + to_seconds(seconds_of_day(t, h)) - to_hours(h);
-- Seconds on working days until a moment, and the moment at which so many have passed.
CREATE MACRO worked(t, h) AS
    (getvariable('numbers')[day_index(t, h)] - getvariable('working')[day_index(t, h)]) * 86400
    + getvariable('working')[day_index(t, h)] * seconds_of_day(t, h);
CREATE MACRO at_worked(s, h) AS
    getvariable('nth_working')[CAST(floor(s / 86400) AS BIGINT) + 1] + to_seconds(s - floor(s / 86400) * 86400) - to_hours(h);
CREATE MACRO moved(due, since, until, h) AS CASE
    WHEN since IS NULL OR since >= due OR until <= since OR worked(until, h) <= worked(since, h) THEN due
    ELSE at_worked(worked(due, h) + worked(until, h) - worked(since, h), h) END;
CREATE MACRO working_due(start, k, h, since, until) AS moved(after_days(start, k, h), since, until, h);
CREATE MACRO calendar_due(start, k, since, until) AS start + to_days(k) + CASE
    WHEN since IS NULL OR since >= start + to_days(k) THEN INTERVAL 0 DAY ELSE until - since END;
CREATE MACRO zone(agency) AS CASE
    WHEN agency IN ('provinsi-51', 'kabupaten-7371') THEN 8 WHEN agency = 'provinsi-91' THEN 9 ELSE 7 END;
CREATE MACRO jakarta(t) AS CAST(t + INTERVAL 7 HOUR AS DATE);

CREATE TABLE report AS
SELECT id, CAST(moment AS TIMESTAMP) AS moment, channel, act, relation, relation_of,
       decode(value)::JSON ->> '$.report.kind' AS kind,
       (decode(value)::JSON ->> '$.part_of') IS NOT NULL AS is_part FROM complaints;
CREATE TABLE hop AS
SELECT complaint_id, id, hop, agency, own_case, CAST(moment AS TIMESTAMP) AS moment, region, report_topic AS topic,
       relation_of, relation, act, CAST(decode(value)::JSON ->> '$.follow_up.rating' AS INTEGER) AS rating,
       CAST(decode(value)::JSON ->> '$.reopened' AS INTEGER) AS reopened,
       lead(CAST(moment AS TIMESTAMP)) OVER (PARTITION BY complaint_id ORDER BY hop) AS next_at,
       lag(CAST(decode(value)::JSON ->> '$.reopened' AS INTEGER)) OVER (PARTITION BY complaint_id ORDER BY hop) AS before
FROM dispatches;
-- Answers that came before the case went on, and before a closing or a refusal of the same hop.
CREATE TABLE counted AS
SELECT * FROM (
    SELECT hop.complaint_id, hop.hop, hop.agency, answers.verdict, CAST(answers.timestamp AS TIMESTAMP) AS moment,
           json_array_length(decode(answers.value)::JSON -> '$.pictures') > 0
               OR (decode(answers.value)::JSON ->> '$.document') IS NOT NULL AS pictured,
           coalesce(CAST(decode(answers.value)::JSON ->> '$.extension_days' AS INTEGER), 0) AS extension_days,
           count(*) FILTER (answers.verdict IN ('closed', 'refused')) OVER (
               PARTITION BY hop.id ORDER BY answers.timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended
    FROM answers JOIN hop ON hop.id = answers.dispatch_id
    WHERE hop.own_case AND (answers.verdict = 'refused' OR hop.next_at IS NULL
                            OR CAST(answers.timestamp AS TIMESTAMP) < hop.next_at))
WHERE ended = 0;
-- An extension of the deadline does nothing with the case.
CREATE TABLE verdict AS SELECT * FROM counted WHERE verdict <> 'extended';
-- The first one that counts: only for a question, by at most seven working days, before the deadline without waits.
CREATE TABLE extension AS
SELECT hop.complaint_id, hop.hop, counted.moment, extension_days FROM counted
JOIN hop ON hop.complaint_id = counted.complaint_id AND hop.hop = counted.hop JOIN report ON report.id = hop.complaint_id
WHERE counted.verdict = 'extended' AND hop.agency <> 'triage' AND kind = 'permintaan-informasi'
    AND extension_days BETWEEN 1 AND 7 AND counted.moment <= after_days(hop.moment, 5, zone(hop.agency))
    AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.complaint_id = hop.complaint_id AND v.hop = hop.hop
        AND v.verdict = 'responded' AND v.moment < counted.moment)
QUALIFY row_number() OVER (PARTITION BY hop.complaint_id ORDER BY counted.moment) = 1;
CREATE TABLE message AS
SELECT relation_of AS complaint_id, act, moment FROM hop WHERE NOT own_case AND relation = 'repeat' AND act <> 'rates';
CREATE TABLE rating AS
SELECT relation_of AS complaint_id, rating, moment FROM hop WHERE NOT own_case AND relation = 'repeat' AND act = 'rates';

CREATE TABLE own AS
WITH latest AS (SELECT * FROM hop QUALIFY hop = max(hop) OVER (PARTITION BY complaint_id)),
first_door AS (SELECT complaint_id, min_by(agency, hop) AS agency, min(moment) AS moment, count(DISTINCT agency) AS agencies
               FROM hop WHERE own_case AND agency <> 'triage' GROUP BY complaint_id),
asked AS (SELECT complaint_id, hop, moment FROM verdict WHERE verdict = 'asked')
SELECT report.id, report.moment, jakarta(report.moment) AS day, latest.region, latest.topic, latest.hop,
       coalesce(latest.agency, 'triage') AS agency, coalesce(first_door.agency, 'triage') AS first_agency,
       first_door.moment AS forwarded_at, first_door.agencies,
       (SELECT topic FROM hop h WHERE h.complaint_id = report.id AND h.hop = 0) AS first_topic,
       asked.moment AS asked_at, asked.hop AS asked_hop,
       (SELECT min(m.moment) FROM message m WHERE m.complaint_id = report.id AND m.act = 'withdraws') AS withdrawn_at,
       (SELECT max(v.moment) FROM verdict v WHERE v.complaint_id = report.id AND v.hop = latest.hop AND verdict = 'closed')
           AS closed_at,
       (SELECT min(v.moment) FROM verdict v WHERE v.complaint_id = report.id AND v.agency <> 'triage'
           AND verdict IN ('responded', 'closed')) AS answered_at,
       (SELECT min(v.moment) FROM verdict v WHERE v.complaint_id = report.id AND v.agency <> 'triage') AS touched_at,
       (SELECT count(DISTINCT v.agency) FROM verdict v WHERE v.complaint_id = report.id AND verdict = 'refused') AS refusals,
       (SELECT count(*) FROM verdict v WHERE v.complaint_id = report.id AND v.agency <> 'triage' AND verdict = 'closed')
           AS closings,
       EXISTS (SELECT 1 FROM verdict v WHERE v.complaint_id = report.id AND v.agency <> 'triage' AND v.pictured
           AND verdict IN ('responded', 'closed')) AS has_evidence,
       (SELECT max(reopened) FROM hop h WHERE h.complaint_id = report.id AND own_case) AS reopenings,
       (SELECT arg_max(verdict, v.moment) FROM verdict v WHERE v.complaint_id = report.id AND v.hop = latest.hop) AS last_verdict,
       (SELECT count(*) FROM events e WHERE e.subject = report.id AND event = 'handed-to-ombudsman') AS handed_over,
       (SELECT CAST(min(e.moment) AS TIMESTAMP) FROM events e WHERE e.subject = report.id AND event = 'rating-asked')
           AS rating_asked_at,
       (SELECT arg_max(r.rating, r.moment) FROM rating r WHERE r.complaint_id = report.id) AS rating,
       (SELECT max(r.moment) FROM rating r WHERE r.complaint_id = report.id) AS rated_at,
       greatest(report.moment, (SELECT max(h.moment) FROM hop h WHERE h.complaint_id = report.id),
                (SELECT max(c.moment) FROM counted c WHERE c.complaint_id = report.id),
                (SELECT max(m.moment) FROM message m WHERE m.complaint_id = report.id)) AS until,
       -- The wait ends with words of the sender, a verdict, or the next hop.
       least((SELECT min(m.moment) FROM message m WHERE m.complaint_id = report.id AND m.moment > asked.moment AND act <> 'withdraws'),
             (SELECT min(v.moment) FROM verdict v WHERE v.complaint_id = report.id AND v.moment > asked.moment),
             (SELECT min(h.moment) FROM hop h WHERE h.complaint_id = report.id AND h.moment > asked.moment)) AS wait_end
FROM report LEFT JOIN latest ON latest.complaint_id = report.id LEFT JOIN first_door ON first_door.complaint_id = report.id
LEFT JOIN asked ON asked.complaint_id = report.id
WHERE coalesce(latest.own_case, report.relation = 'new');

-- Every run of a clock that agencies and triage have.
CREATE TABLE run AS
WITH started AS (
    SELECT id, 'verify' AS clock, 'triage' AS agency, 7 AS zone, moment AS start,
           least(forwarded_at, (SELECT min(v.moment) FROM verdict v WHERE v.complaint_id = own.id AND v.verdict = 'closed'))
               AS done_at,
           -- A part was verified with its report.
           CASE WHEN id IN (SELECT id FROM report WHERE is_part) THEN moment END AS left_at, true AS may_wait,
           0 AS extension_days
    FROM own
    UNION ALL
    SELECT own.id, 'verify again', 'triage', 7, hop.moment, (SELECT min(h.moment) FROM hop h
           WHERE h.complaint_id = own.id AND h.hop > hop.hop AND h.agency <> 'triage'), NULL, true, 0
    FROM own JOIN hop ON hop.complaint_id = own.id AND hop.agency = 'triage' AND hop.hop > 0
    UNION ALL
    SELECT own.id, 'first_answer', hop.agency, zone(hop.agency), hop.moment,
           (SELECT min(v.moment) FROM verdict v WHERE v.complaint_id = own.id AND v.hop = hop.hop
               AND v.verdict IN ('responded', 'closed')), hop.next_at, own.asked_hop = hop.hop,
           coalesce(extension.extension_days, 0)
    FROM own JOIN hop ON hop.complaint_id = own.id AND hop.own_case AND hop.agency <> 'triage'
    LEFT JOIN extension ON extension.complaint_id = own.id AND extension.hop = hop.hop
    UNION ALL
    SELECT own.id, 'resolve', own.agency, coalesce(zone(last.agency), 7), coalesce(last.moment, own.moment), own.closed_at, NULL, true, 0
    FROM own LEFT JOIN (SELECT * FROM hop WHERE own_case AND reopened > coalesce(before, 0)
                        QUALIFY hop = max(hop) OVER (PARTITION BY complaint_id)) last ON last.complaint_id = own.id),
ended AS (
    SELECT started.*, own.until, least(done_at, left_at, own.withdrawn_at) AS ended_at,
           CASE WHEN may_wait AND own.asked_at >= start THEN own.asked_at END AS since,
           coalesce(own.wait_end, own.until) AS wait_until,
           own.asked_at IS NOT NULL AND own.wait_end IS NULL AND may_wait AND own.asked_at >= start AS waits,
           own.first_topic = 'korupsi' AND clock = 'resolve' AS is_calendar,
           CASE WHEN clock LIKE 'verify%' THEN 3 WHEN clock = 'first_answer' THEN 5
                WHEN own.first_topic = 'korupsi' THEN 60 ELSE 14 END AS length
    FROM started JOIN own USING (id)),
due AS (
    SELECT *, CASE WHEN is_calendar THEN calendar_due(start, length, since, wait_until)
                   ELSE working_due(start, length + extension_days, zone, since, wait_until) END AS due_at,
              CASE WHEN is_calendar THEN calendar_due(start, 3 * length, since, wait_until)
                   ELSE working_due(start, 3 * length + extension_days, zone, since, wait_until) END AS three_times_due_at
    FROM ended)
SELECT *, CASE WHEN coalesce(ended_at, until) > due_at THEN 'missed'
               WHEN ended_at IS NOT NULL AND ended_at = done_at THEN 'met'
               WHEN ended_at IS NOT NULL OR waits THEN 'dropped' ELSE 'open' END AS outcome
FROM due;

CREATE TABLE answer AS
SELECT own.id, coalesce(min_by(run.agency, run.start) FILTER (outcome = 'missed'), max_by(run.agency, run.start), own.agency)
           AS agency,
       CASE WHEN bool_or(outcome = 'missed') THEN 'missed' ELSE coalesce(max_by(outcome, run.start), 'dropped') END AS outcome,
       max_by(due_at, run.start) AS due_at
FROM own LEFT JOIN run ON run.id = own.id AND clock = 'first_answer'
    AND (own.answered_at IS NULL OR run.start <= own.answered_at)
GROUP BY own.id, own.agency;

CREATE TABLE fact AS
WITH ends AS (
    SELECT *, CASE WHEN closed_at IS NOT NULL THEN CASE WHEN agency = 'triage' THEN 'archived' ELSE 'finished' END
                   WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE 'open' END AS end_kind
    FROM own)
SELECT ends.*, end_kind = 'archived' AND forwarded_at IS NULL AS is_no_report,
       coalesce(closed_at, withdrawn_at) AS ended_at, answer.agency AS answer_agency,
       answer.outcome AS answer_outcome, answer.due_at AS answer_due_at,
       verify.outcome AS verify_outcome, verify.due_at AS verify_due_at,
       CASE WHEN forwarded_at IS NOT NULL THEN after_days(forwarded_at, 10, zone(first_agency)) END AS touch_due_at,
       (SELECT min(due_at) FROM run WHERE run.id = ends.id AND run.ended_at IS NULL
           AND (NOT waits OR run.outcome = 'missed')) AS open_due_at,
       (SELECT min(three_times_due_at) FROM run WHERE run.id = ends.id AND run.ended_at IS NULL
           AND (NOT waits OR run.outcome = 'missed')
           AND (three_times_due_at < run.until OR NOT EXISTS (SELECT 1 FROM run other WHERE other.id = ends.id
                AND other.ended_at IS NULL AND other.waits AND other.outcome <> 'missed'))) AS three_times_due_at,
       EXISTS (SELECT 1 FROM verdict v WHERE v.complaint_id = ends.id AND v.agency = first_agency) AS first_reacted,
       EXISTS (SELECT 1 FROM verdict v WHERE v.complaint_id = ends.id AND v.agency = first_agency AND verdict = 'refused')
           AS first_refused
FROM ends JOIN answer USING (id) JOIN run verify ON verify.id = ends.id AND verify.clock = 'verify';

CREATE TABLE pair AS
SELECT DISTINCT id, day, stay.agency AS refused_by, stay.next_agency FROM (
    SELECT own.id, own.day, hop.hop, hop.agency, lead(hop.agency) OVER (PARTITION BY own.id ORDER BY hop.hop) AS next_agency
    FROM own JOIN hop ON hop.complaint_id = own.id AND hop.agency <> 'triage' WHERE own.refusals >= 2) stay
JOIN verdict ON verdict.complaint_id = stay.id AND verdict.hop = stay.hop AND verdict.verdict = 'refused'
WHERE next_agency IS NOT NULL;

-- Reports that were merged, by a person or by the rules.
CREATE TABLE merged AS
SELECT report.id, jakarta(report.moment) AS day, channel,
       coalesce((SELECT min_by(agency, hop) FROM hop h WHERE h.complaint_id = report.id AND agency <> 'triage'), 'triage')
           AS first_agency,
       EXISTS (SELECT 1 FROM corrections c WHERE c.complaint_id = report.id) AS by_person
FROM report WHERE act = 'reports' AND id NOT IN (SELECT id FROM own);

-- The programmes of `tests/support/programmes.py`: by the words and the topic of the latest dispatch, and the agencies.
CREATE TABLE marked AS
WITH latest AS (
    SELECT hop.complaint_id AS id, hop.topic, dispatches.value AS value, jakarta(report.moment) AS day
    FROM hop JOIN dispatches ON dispatches.id = hop.id JOIN report ON report.id = hop.complaint_id
    QUALIFY hop.hop = max(hop.hop) OVER (PARTITION BY hop.complaint_id)),
read AS (SELECT id, topic, day, decode(value)::JSON ->> '$.programme_words' AS words FROM latest)
SELECT id, 'gizi' AS programme FROM read WHERE day >= DATE '2025-01-01' AND words LIKE '%"gizi:menu-gizi"%'
UNION ALL
SELECT id, 'sehat' FROM read WHERE day BETWEEN DATE '2025-09-01' AND DATE '2026-04-30'
    AND (words LIKE '%"sehat:cek-gratis"%' OR topic = 'kesehatan')
    AND EXISTS (SELECT 1 FROM hop h WHERE h.complaint_id = read.id
        AND (h.agency LIKE 'kota-%' OR h.agency LIKE 'kabupaten-%' OR h.agency = 'kementerian-kemenkes'));

-- What the latest hop of a report says, and the unit that an agency gave it to: the tests fill `unit_of`.
CREATE TABLE place AS SELECT complaint_id, region, topic FROM hop QUALIFY hop = max(hop) OVER (PARTITION BY complaint_id);
CREATE TABLE unit_of (id VARCHAR, agency VARCHAR, unit VARCHAR);

-- The figures of a month, an agency, a channel, a programme, a topic, a region and a unit (all of them without one), on a
-- day: variables of these names, `today`.
CREATE MACRO chosen(report_id, day, code) AS (getvariable('month') = '' OR strftime(day, '%Y-%m') = getvariable('month'))
    AND (getvariable('agency') = '' OR code = getvariable('agency'))
    AND (getvariable('programme') = ''
        OR report_id IN (SELECT m.id FROM marked m WHERE m.programme = getvariable('programme')))
    AND (getvariable('topic') = '' OR report_id IN (SELECT p.complaint_id FROM place p WHERE p.topic = getvariable('topic')))
    AND (getvariable('region') = ''
        OR report_id IN (SELECT p.complaint_id FROM place p WHERE starts_with(p.region, getvariable('region'))))
    AND (getvariable('unit') = '' OR (report_id, code) IN (SELECT (u.id, u.agency) FROM unit_of u WHERE u.unit = getvariable('unit')))
    AND (getvariable('channel') = '' OR report_id IN (SELECT r.id FROM report r WHERE r.channel = getvariable('channel')));
CREATE MACRO past(t) AS coalesce(jakarta(t) < getvariable('today'), false);
CREATE MACRO is_known(outcome, due) AS outcome = 'missed' OR (outcome IN ('met', 'open') AND past(due));

CREATE VIEW cohort AS
SELECT *, chosen(id, day, first_agency) AS is_first, chosen(id, day, answer_agency) AS is_answering, chosen(id, day, agency) AS is_current,
       is_known(verify_outcome, verify_due_at) AS verify_known, is_known(answer_outcome, answer_due_at) AS answer_known,
       forwarded_at IS NOT NULL AND (first_reacted OR agencies > 1) AS first_known,
       CASE WHEN forwarded_at IS NULL THEN 'dropped' WHEN touched_at <= touch_due_at THEN 'met'
            WHEN coalesce(touched_at, ended_at) > touch_due_at THEN 'missed'
            WHEN ended_at IS NULL THEN 'open' ELSE 'dropped' END AS touch_outcome,
       is_known(touch_outcome, touch_due_at) AS touch_known,
       end_kind = 'finished' AND jakarta(closed_at) - jakarta(moment) <= 60 AS is_in_60_days,
       (end_kind = 'finished' AND NOT is_in_60_days)
           OR (end_kind IN ('finished', 'open') AND getvariable('today') - jakarta(moment) > 60) AS finish_known,
       end_kind = 'finished' OR (end_kind = 'open' AND coalesce(last_verdict IN ('accepted', 'responded')
           OR (last_verdict = 'asked' AND wait_end IS NOT NULL), false)) AS is_published_as_finished
FROM fact WHERE NOT is_no_report;

CREATE VIEW figures AS
SELECT count(*) FILTER (is_first) AS first_cases, count(*) FILTER (is_answering) AS answering_cases,
       count(*) FILTER (is_current) AS current_cases,
       count(*) FILTER (is_first AND verify_known) AS forwarded_known,
       count(*) FILTER (is_first AND verify_known AND verify_outcome = 'met') AS forwarded,
       count(*) FILTER (is_first AND first_known) AS first_known,
       count(*) FILTER (is_first AND first_known AND NOT first_refused AND agencies = 1) AS first_right,
       count(*) FILTER (is_first AND refusals >= 2) AS ping_pong,
       count(*) FILTER (is_answering AND answer_known) AS answer_known,
       count(*) FILTER (is_answering AND answer_known AND answer_outcome = 'met') AS answered_in_time,
       count(*) FILTER (is_answering AND answered_at IS NOT NULL) AS answered,
       count(*) FILTER (is_current AND finish_known) AS finish_known,
       count(*) FILTER (is_current AND finish_known AND is_in_60_days) AS finished,
       count(*) FILTER (is_current AND is_published_as_finished) AS published,
       max(getvariable('today') - jakarta(moment)) FILTER (is_current AND end_kind = 'open') AS oldest_open_days,
       count(*) FILTER (is_current AND end_kind = 'open') AS open,
       count(*) FILTER (is_current AND end_kind = 'open' AND past(open_due_at)) AS overdue,
       count(*) FILTER (is_current AND end_kind = 'open' AND past(three_times_due_at)) AS three_times_overdue,
       count(*) FILTER (is_first AND touch_known) AS touch_known,
       count(*) FILTER (is_first AND touch_known AND touch_outcome <> 'met') AS untouched,
       count(*) FILTER (is_first AND touch_known AND touch_outcome = 'open') AS still_untouched,
       count(*) FILTER (is_current AND closings > 0) AS closed,
       count(*) FILTER (is_current AND reopenings > 0) AS reopened,
       count(*) FILTER (is_current AND closings > 0 AND NOT has_evidence) AS without_evidence,
       count(*) FILTER (is_current AND handed_over > 0) AS handed_over,
       count(*) FILTER (is_current AND closings > 0 AND rating_asked_at IS NOT NULL) AS rating_asked,
       count(*) FILTER (is_current AND closings > 0 AND rated_at >= rating_asked_at) AS rating_answered
FROM cohort;

CREATE VIEW ratings AS
SELECT value AS rating, (SELECT count(*) FROM cohort WHERE is_current AND closings > 0 AND rating = value) AS cases
FROM range(1, 6) AS scale(value) ORDER BY value;

-- The first rating that at least half of the cases do not exceed, of five cases or more.
CREATE VIEW median_rating AS
SELECT min(rating) FILTER (below * 2 >= total AND total >= 5) AS median FROM (
    SELECT rating, sum(cases) OVER (ORDER BY rating) AS below, sum(cases) OVER () AS total FROM ratings);

CREATE VIEW received AS
SELECT channel, count(*) AS reports FROM (
    SELECT id, report.channel, day, first_agency FROM fact JOIN report USING (id) WHERE NOT is_part
    UNION ALL SELECT id, channel, day, first_agency FROM merged)
WHERE chosen(id, day, first_agency) GROUP BY channel ORDER BY channel;

CREATE VIEW no_reports AS
SELECT count(*) AS reports FROM fact WHERE is_no_report AND chosen(id, day, first_agency);

CREATE VIEW duplicates AS
SELECT count(*) FILTER (NOT by_person) AS certain, count(*) FILTER (by_person) AS confirmed
FROM merged WHERE chosen(id, day, first_agency);

CREATE VIEW worst_pairs AS
SELECT refused_by, next_agency, count(*) AS cases FROM pair
WHERE chosen(id, day, refused_by) OR chosen(id, day, next_agency)
GROUP BY ALL ORDER BY cases DESC, refused_by, next_agency LIMIT 10;

-- The share without an answer after a day is the product over all days until it.
CREATE VIEW days_to_answer AS
WITH observed AS (
    SELECT answered_at IS NOT NULL AS answered,
           coalesce(jakarta(answered_at), jakarta(ended_at), getvariable('today')) - jakarta(moment) AS days
    FROM cohort WHERE is_answering),
by_day AS (SELECT days, count(*) FILTER (answered) AS events, count(*) AS leaving FROM observed GROUP BY days),
risk AS (SELECT days, events, sum(leaving) OVER (ORDER BY days DESC) AS at_risk FROM by_day),
curve AS (SELECT days, product(1 - events / at_risk) OVER (ORDER BY days) AS share FROM risk)
SELECT min(days) FILTER (share <= 0.5 + 1e-12) AS median, min(days) FILTER (share <= 0.1 + 1e-12) AS p90 FROM curve;
