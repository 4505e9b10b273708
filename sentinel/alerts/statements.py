"""The SQL of the sweep (core.md 2). Every statement is one set; working time has been done before, in Python.

`found` gives the facts that reached a step: subject_id, since, step, urgent and the columns of conditions.py.
"""

# Promises carry their own four moments. Straight to the highest step that has passed: nobody hears of those in between.
# What was promised before somebody became enhanced is as urgent from then on; a lower class later makes nothing less so.
PROMISES = """
due AS (
    SELECT id FROM promise WHERE state = 'open' AND next_step_at <= :at ORDER BY next_step_at LIMIT :batch FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE promise p SET
        step = CASE WHEN :at >= manager_at THEN 4 WHEN :at >= supervisor_at THEN 3 WHEN :at >= due_at THEN 2 ELSE 1 END,
        next_step_at = CASE WHEN :at >= manager_at THEN 'infinity' WHEN :at >= supervisor_at THEN manager_at
                            WHEN :at >= due_at THEN supervisor_at ELSE due_at END
    FROM due WHERE p.id = due.id RETURNING p.id, p.party_id, p.step, p.due_at, p.klass, p.teller_id
), found AS (
    SELECT m.id AS subject_id, m.due_at AS since, m.step, 'enhanced' IN (m.klass, y.klass) AND m.step >= :urgent_from AS urgent,
        y.case_id, y.report_id, y.id AS party_id, m.teller_id AS officer_id, NULL::uuid AS team_id, NULL::uuid AS agency_id
    FROM moved m JOIN party y ON y.id = m.party_id
)"""

# {condition} is one of conditions.py; :subject narrows it to one.
FACTS = """
found AS (
    SELECT f.subject_id, f.since, s.step, s.step >= :urgent_from AND (f.enhanced OR NOT :only_enhanced) AS urgent, f.case_id, f.report_id,
        f.party_id, f.officer_id, f.team_id, f.agency_id
    FROM ({condition}) AS f CROSS JOIN LATERAL (
        SELECT max(reach.step) AS step FROM unnest(CAST(:steps AS int[]), CAST(:reaches AS timestamptz[])) AS reach (step, since)
        WHERE f.since <= reach.since) AS s
    WHERE f.since <= :first AND (CAST(:subject AS uuid) IS NULL OR f.subject_id = :subject)
)"""

# Whose it is now: the case's, else the report's, else what the condition says. An officer whom the condition or promise names is its own.
PLACED = """
placed AS (
    SELECT f.subject_id, f.since, f.step, f.urgent, c.id AS case_id, f.report_id, f.party_id, f.agency_id,
        t.id AS team_id, coalesce(c.owner_partner_id, r.owner_partner_id, t.partner_id) AS owner_partner_id,
        coalesce(f.officer_id, c.officer_id) AS officer_id, f.officer_id IS NOT NULL AS own_officer
    FROM found f LEFT JOIN report r ON r.id = f.report_id LEFT JOIN asb_case c ON c.id = coalesce(f.case_id, r.case_id)
    LEFT JOIN team t ON t.id = coalesce(c.team_id, r.team_id, f.team_id)
)"""

RAISED = """
raised AS (
    INSERT INTO alert AS a (trigger_key, subject_id, case_id, report_id, party_id, owner_partner_id, team_id, officer_id, own_officer,
        agency_id, urgent, since, due_at, step, passed, opened_at, stepped_at)
    SELECT :trigger, subject_id, case_id, report_id, party_id, owner_partner_id, team_id, officer_id, own_officer, agency_id, urgent,
        since, CASE WHEN :dated THEN since END, step, ARRAY(SELECT generate_series(1, step - 1)), :at, :at FROM placed
    ON CONFLICT (trigger_key, subject_id) WHERE closed_at IS NULL DO UPDATE SET
        step = excluded.step, passed = a.passed || ARRAY(SELECT generate_series(a.step + 1, excluded.step - 1)),
        urgent = a.urgent OR excluded.urgent, stepped_at = excluded.stepped_at, case_id = excluded.case_id,
        report_id = excluded.report_id, party_id = excluded.party_id,
        owner_partner_id = excluded.owner_partner_id, team_id = excluded.team_id, officer_id = excluded.officer_id,
        own_officer = excluded.own_officer
    WHERE a.step < excluded.step
    RETURNING a.*, a.xmax = 0 AS opened
)"""

# `secret` is a case that only its named list may know of; what is about no case or report is about a person, who is not told.
# Alerts told the same way are worked out together, and whoever a path leads to is found once: a team of 40 late promises asks who its
# supervisor is once. Where the officer hears of a trigger at all, they also do when a step was passed unseen; at night and at weekends
# what cannot wait also goes to whoever is on duty. A new high risk goes to somebody at any hour: with nobody on duty, to the service
# manager.
TOLD = """
news AS (
    SELECT n.*, concat_ws('|', n.step, n.urgent, n.passed, n.officer_id, 't', n.team_id, 'a', n.agency_id, 's', n.secret, 'p',
        n.about_id) AS way
    FROM (
        SELECT r.id, r.step, r.urgent, r.passed, r.officer_id, r.team_id, r.agency_id, CASE WHEN c.restricted THEN c.id END AS secret,
            CASE WHEN r.case_id IS NULL AND r.report_id IS NULL THEN r.subject_id END AS about_id
        FROM raised r LEFT JOIN asb_case c ON c.id = r.case_id) AS n
), due_to AS (
    SELECT n.*, w.who, concat_ws('|', w.who, n.officer_id, 't', n.team_id, 'a', n.agency_id, 's', n.secret, 'p', n.about_id) AS path
    FROM (SELECT DISTINCT way, step, urgent, passed, officer_id, team_id, agency_id, secret, about_id FROM news) AS n
    CROSS JOIN LATERAL (
        SELECT u.who FROM unnest(CAST(:told_steps AS int[]), CAST(:told_whos AS text[])) AS u (step, who) WHERE u.step = n.step
        UNION SELECT 'officer' WHERE n.passed @> ARRAY[n.step - 1] AND 'officer' = ANY (CAST(:told_whos AS text[]))
        UNION SELECT 'duty' WHERE n.urgent AND :out_of_hours
        UNION SELECT 'manager' WHERE n.urgent AND :somebody_awake AND NOT EXISTS (SELECT FROM recipients('duty', n.officer_id, n.team_id,
            n.agency_id, n.about_id, n.secret, CAST(:at AS timestamptz)))
    ) AS w
), reached AS (
    SELECT d.path, p.user_id FROM (SELECT DISTINCT path, who, officer_id, team_id, agency_id, about_id, secret FROM due_to) AS d
    CROSS JOIN LATERAL recipients(d.who, d.officer_id, d.team_id, d.agency_id, d.about_id, d.secret, CAST(:at AS timestamptz)) AS p
), told AS (
    INSERT INTO telling (alert_id, step, user_id, told_at, via)
    SELECT n.id, n.step, p.user_id, CAST(:at AS timestamptz), CASE WHEN n.urgent THEN 'now' ELSE 'digest' END
    FROM news n JOIN (SELECT DISTINCT way, user_id FROM due_to JOIN reached USING (path)) AS p USING (way) ON CONFLICT DO NOTHING
)"""
# A batch may move promises without raising anything: only an empty batch is the last.
RAISE_PROMISES = f"""WITH {PROMISES}, {PLACED}, {RAISED}, {TOLD}
SELECT (SELECT count(*) FROM due) AS moved, count(*) FILTER (WHERE opened) AS opened, count(*) FILTER (WHERE NOT opened) AS escalated
FROM raised"""  # noqa: S608

# What holds is looked for once, for raising and for closing: some conditions group half a year of reports.
RAISE_FACTS = f"""WITH {FACTS}, {PLACED}, {RAISED}, {TOLD}, ended AS (
    UPDATE alert a SET closed_at = :at, closed_reason = 'ended' WHERE a.closed_at IS NULL AND a.trigger_key = :trigger
    AND (CAST(:subject AS uuid) IS NULL OR a.subject_id = :subject)
    AND a.subject_id NOT IN (SELECT f.subject_id FROM found f) RETURNING a.id
)
SELECT id, opened, since, false AS ended FROM raised UNION ALL SELECT id, false, NULL, true FROM ended"""  # noqa: S608

# Only what ended lately is looked at: an alert is opened while its promise is, so whatever ended earlier has been seen.
CLOSE_PROMISES = """
UPDATE alert a SET closed_at = :at, closed_reason = p.state FROM promise p
WHERE p.ended_at > :ended_after AND a.closed_at IS NULL AND a.trigger_key = :trigger AND a.subject_id = p.id"""

CLOSE_FACT = """
UPDATE alert a SET closed_at = :at, closed_reason = 'ended'
WHERE a.closed_at IS NULL AND a.trigger_key = :trigger AND a.subject_id = :subject
AND NOT EXISTS (SELECT FROM ({condition}) AS f WHERE f.since <= :first AND f.subject_id = :subject)"""

# The partnership took a trigger out of triggers.toml: its alerts end with it.
CLOSE_UNWATCHED = """
UPDATE alert SET closed_at = :at, closed_reason = 'no longer watched' WHERE closed_at IS NULL AND NOT trigger_key = ANY (:triggers)"""

# An alert whose case or report changed hands, or whose report became a case, goes along: any, or only those of :alerts.
FOLLOW = """
WITH owned AS (
    SELECT a.id, c.id AS case_id, t.id AS team_id, coalesce(c.owner_partner_id, r.owner_partner_id, t.partner_id) AS owner_partner_id,
        CASE WHEN a.own_officer THEN a.officer_id ELSE c.officer_id END AS officer_id
    FROM alert a LEFT JOIN party y ON y.id = a.party_id LEFT JOIN report r ON r.id = a.report_id
    LEFT JOIN asb_case c ON c.id = coalesce(y.case_id, r.case_id, a.case_id)
    LEFT JOIN team t ON t.id = coalesce(c.team_id, r.team_id, a.team_id)
    WHERE a.closed_at IS NULL AND (CAST(:alerts AS bigint[]) IS NULL OR a.id = ANY (:alerts))
)
UPDATE alert a SET case_id = o.case_id, team_id = o.team_id, owner_partner_id = o.owner_partner_id, officer_id = o.officer_id
FROM owned o WHERE a.id = o.id AND (a.case_id, a.team_id, a.officer_id) IS DISTINCT FROM (o.case_id, o.team_id, o.officer_id)
RETURNING a.id, a.trigger_key"""

# What was promised on a case is for somebody else to keep than was named so far: they have its alerts.
NAME_TELLER = """
UPDATE alert a SET officer_id = coalesce(p.teller_id, c.officer_id), own_officer = p.teller_id IS NOT NULL
FROM promise p JOIN party y ON y.id = p.party_id JOIN asb_case c ON c.id = y.case_id
WHERE c.id = :case AND p.state = 'open' AND a.subject_id = p.id AND a.trigger_key = :trigger AND a.closed_at IS NULL
    AND a.officer_id IS DISTINCT FROM coalesce(p.teller_id, c.officer_id)
RETURNING a.id"""

# ... and its new people are told where it stands; with :officer_too, also the new officer of what has risen beyond them.
TELL_AGAIN = f"""WITH raised AS (
    SELECT id, subject_id, case_id, report_id, step, CASE WHEN :officer_too THEN ARRAY[step - 1] ELSE ARRAY[]::int[] END AS passed,
        urgent, officer_id, team_id, agency_id
    FROM alert WHERE id = ANY (CAST(:alerts AS bigint[]))
), {TOLD}
SELECT count(*) FROM raised"""  # noqa: S608

DUE_DATES = """
UPDATE alert a SET due_at = d.due_at
FROM unnest(CAST(:ids AS bigint[]), CAST(:dates AS timestamptz[])) AS d (id, due_at) WHERE a.id = d.id"""

MARK = """
INSERT INTO sweep_mark (id, swept_at, begun_at) VALUES (1, :at, :begun_at)
ON CONFLICT (id) DO UPDATE SET swept_at = greatest(sweep_mark.swept_at, excluded.swept_at), begun_at = excluded.begun_at"""
