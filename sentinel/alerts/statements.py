"""The SQL of the sweep (core.md 2). Every statement is one set; working time has been done before, in Python.

`found` gives the facts that reached a step: subject_id, since, step, urgent and the columns of conditions.py.
"""

# Promises carry their own four moments. Straight to the highest step that has passed: nobody hears of those in between.
PROMISES = """
due AS (
    SELECT id FROM promise WHERE state = 'open' AND next_step_at <= :at ORDER BY next_step_at LIMIT :batch FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE promise p SET
        step = CASE WHEN :at >= manager_at THEN 4 WHEN :at >= supervisor_at THEN 3 WHEN :at >= due_at THEN 2 ELSE 1 END,
        next_step_at = CASE WHEN :at >= manager_at THEN 'infinity' WHEN :at >= supervisor_at THEN manager_at
                            WHEN :at >= due_at THEN supervisor_at ELSE due_at END
    FROM due WHERE p.id = due.id RETURNING p.id, p.party_id, p.step, p.due_at, p.klass
), found AS (
    SELECT m.id AS subject_id, m.due_at AS since, m.step, m.klass = 'enhanced' AND m.step >= :urgent_from AS urgent, y.case_id, y.report_id,
        y.id AS party_id, NULL::uuid AS officer_id, NULL::uuid AS team_id, NULL::uuid AS agency_id, NULL::uuid AS about_id
    FROM moved m JOIN party y ON y.id = m.party_id
)"""

# {condition} is one of conditions.py; :subject narrows it to one.
FACTS = """
found AS (
    SELECT f.subject_id, f.since, s.step, s.step >= :urgent_from AND (f.enhanced OR NOT :only_enhanced) AS urgent, f.case_id, f.report_id,
        f.party_id, f.officer_id, f.team_id, f.agency_id, f.about_id
    FROM ({condition}) AS f CROSS JOIN LATERAL (
        SELECT max(reach.step) AS step FROM unnest(CAST(:steps AS int[]), CAST(:reaches AS timestamptz[])) AS reach (step, since)
        WHERE f.since <= reach.since) AS s
    WHERE f.since <= :first AND (CAST(:subject AS uuid) IS NULL OR f.subject_id = :subject)
)"""

# Whose it is now: the case's, else the report's, else what the condition says. `secret` is a case that only its named list may know of.
PLACED = """
placed AS (
    SELECT f.subject_id, f.since, f.step, f.urgent, c.id AS case_id, f.report_id, f.party_id, f.agency_id, f.about_id,
        t.id AS team_id, coalesce(c.owner_partner_id, r.owner_partner_id, t.partner_id) AS owner_partner_id,
        coalesce(f.officer_id, c.officer_id) AS officer_id, CASE WHEN c.restricted THEN c.id END AS secret
    FROM found f LEFT JOIN report r ON r.id = f.report_id LEFT JOIN asb_case c ON c.id = coalesce(f.case_id, r.case_id)
    LEFT JOIN team t ON t.id = coalesce(c.team_id, r.team_id, f.team_id)
)"""

RAISED = """
raised AS (
    INSERT INTO alert AS a (trigger_key, subject_id, case_id, report_id, party_id, owner_partner_id, team_id, officer_id, urgent, since,
        due_at, step, passed, opened_at, stepped_at)
    SELECT :trigger, subject_id, case_id, report_id, party_id, owner_partner_id, team_id, officer_id, urgent, since,
        CASE WHEN :dated THEN since END, step, ARRAY(SELECT generate_series(1, step - 1)), :at, :at FROM placed
    ON CONFLICT (trigger_key, subject_id) WHERE closed_at IS NULL DO UPDATE SET
        step = excluded.step, passed = a.passed || ARRAY(SELECT generate_series(a.step + 1, excluded.step - 1)),
        urgent = a.urgent OR excluded.urgent, stepped_at = excluded.stepped_at
    WHERE a.step < excluded.step
    RETURNING a.id, a.subject_id, a.step, a.passed, a.urgent, a.xmax = 0 AS opened
), news AS (
    SELECT r.*, p.since, p.officer_id, p.team_id, p.agency_id, p.about_id, p.secret FROM raised r JOIN placed p USING (subject_id)
)"""

# An alert whose case or report changed hands, or whose report became a case, goes along; its new people are told where it stands.
FOLLOWED = """
followed AS (
    UPDATE alert a SET case_id = p.case_id, report_id = p.report_id, owner_partner_id = p.owner_partner_id, team_id = p.team_id,
        officer_id = p.officer_id
    FROM placed p WHERE a.closed_at IS NULL AND a.trigger_key = :trigger AND a.subject_id = p.subject_id
      AND (a.case_id, a.team_id, a.officer_id) IS DISTINCT FROM (p.case_id, p.team_id, p.officer_id)
    RETURNING a.id, a.step, a.urgent, a.subject_id
), news AS (
    SELECT w.*, ARRAY[]::int[] AS passed, false AS opened, p.since, p.officer_id, p.team_id, p.agency_id, p.about_id, p.secret
    FROM followed w JOIN placed p USING (subject_id)
)"""

OPEN_PROMISES = """
found AS (
    SELECT a.subject_id, a.since, a.step, a.urgent, y.case_id, y.report_id, y.id AS party_id, NULL::uuid AS officer_id,
        NULL::uuid AS team_id, NULL::uuid AS agency_id, NULL::uuid AS about_id
    FROM alert a JOIN party y ON y.id = a.party_id WHERE a.closed_at IS NULL AND a.trigger_key = :trigger
)"""

# Each way of being told is worked out once for everybody it holds for: a team of 40 late promises asks who its supervisor is once.
# Where the officer hears of a trigger at all, they also do when a step was passed unseen; at night and at weekends what cannot
# wait also goes to whoever is on duty.
TOLD = """
due_to AS (
    SELECT n.*, w.who, concat_ws('|', w.who, n.officer_id, 't', n.team_id, 'a', n.agency_id, 'p', n.about_id, 's', n.secret) AS way
    FROM news n CROSS JOIN LATERAL (
        SELECT u.who FROM unnest(CAST(:told_steps AS int[]), CAST(:told_whos AS text[])) AS u (step, who) WHERE u.step = n.step
        UNION SELECT 'officer' WHERE n.passed @> ARRAY[n.step - 1] AND 'officer' = ANY (CAST(:told_whos AS text[]))
        UNION SELECT 'duty' WHERE n.urgent AND :out_of_hours
    ) AS w
), reached AS (
    SELECT d.way, p.user_id FROM (SELECT DISTINCT way, who, officer_id, team_id, agency_id, about_id, secret FROM due_to) AS d
    CROSS JOIN LATERAL recipients(d.who, d.officer_id, d.team_id, d.agency_id, d.about_id, d.secret, CAST(:at AS timestamptz)) AS p
), told AS (
    INSERT INTO telling (alert_id, step, user_id, told_at, via)
    SELECT DISTINCT d.id, d.step, p.user_id, CAST(:at AS timestamptz), CASE WHEN d.urgent THEN 'now' ELSE 'digest' END
    FROM due_to d JOIN reached p USING (way) ON CONFLICT DO NOTHING
)"""
RAISED_ROWS = "SELECT id, opened, since FROM news"
# A batch may move promises without raising anything: only an empty batch is the last.
RAISED_COUNTS = """
SELECT (SELECT count(*) FROM due) AS moved, count(*) FILTER (WHERE opened) AS opened, count(*) FILTER (WHERE NOT opened) AS escalated
FROM news"""

CLOSE_PROMISES = """
UPDATE alert a SET closed_at = :at, closed_reason = p.state FROM promise p
WHERE a.closed_at IS NULL AND a.trigger_key = :trigger AND p.id = a.subject_id AND p.state <> 'open'"""

# What still holds is looked for once, not once for each open alert: some conditions group half a year of reports.
CLOSE_FACTS = """
WITH still AS MATERIALIZED (
    SELECT f.subject_id FROM ({condition}) AS f WHERE f.since <= :first AND (CAST(:subject AS uuid) IS NULL OR f.subject_id = :subject)
)
UPDATE alert a SET closed_at = :at, closed_reason = 'ended' WHERE a.closed_at IS NULL AND a.trigger_key = :trigger
AND (CAST(:subject AS uuid) IS NULL OR a.subject_id = :subject)
AND NOT EXISTS (SELECT FROM still WHERE still.subject_id = a.subject_id)"""

# The partnership took a trigger out of triggers.toml: its alerts end with it.
CLOSE_UNWATCHED = """
UPDATE alert SET closed_at = :at, closed_reason = 'no longer watched' WHERE closed_at IS NULL AND NOT trigger_key = ANY (:triggers)"""

DUE_DATES = """
UPDATE alert a SET due_at = d.due_at
FROM unnest(CAST(:ids AS bigint[]), CAST(:dates AS timestamptz[])) AS d (id, due_at) WHERE a.id = d.id"""

MARK = """
INSERT INTO sweep_mark (id, swept_at) VALUES (1, :at)
ON CONFLICT (id) DO UPDATE SET swept_at = greatest(sweep_mark.swept_at, excluded.swept_at)"""


RAISE_PROMISES = f"WITH {PROMISES}, {PLACED}, {RAISED}, {TOLD} {RAISED_COUNTS}"
RAISE_FACTS = f"WITH {FACTS}, {PLACED}, {RAISED}, {TOLD} {RAISED_ROWS}"
FOLLOW_PROMISES = f"WITH {OPEN_PROMISES}, {PLACED}, {FOLLOWED}, {TOLD} {RAISED_ROWS}"
FOLLOW_FACTS = f"WITH {FACTS}, {PLACED}, {FOLLOWED}, {TOLD} {RAISED_ROWS}"
