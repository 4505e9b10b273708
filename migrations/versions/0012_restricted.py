"""Restricted cases: opened in an emergency, touched by a new report; grants of one party, and grants the owner has answered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"

# As in migration 0007, with two more who may be told by name of a trigger: "named" (the list of a restricted case, without
# whoever opened it in an emergency) and "information_officer"; and whoever looked is never told that their look was flagged.
RECIPIENTS = """
CREATE OR REPLACE FUNCTION recipients(who text, officer uuid, team uuid, agency uuid, about uuid, secret uuid, at timestamptz)
RETURNS TABLE (user_id uuid) LANGUAGE sql STABLE ROWS 3 SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH turn AS (
    SELECT kind, place FROM unnest(CASE who WHEN 'duty' THEN '{duty}'::text[] ELSE CASE who
        WHEN 'officer' THEN '{officer,cover,duty,supervisor,manager}'::text[]
        WHEN 'supervisor' THEN '{supervisor,duty,manager}'
        WHEN 'manager' THEN '{manager}'
        WHEN 'agency' THEN '{agency}'
        WHEN 'information_officer' THEN '{information}'
        ELSE '{}' END || '{named,governance,administrator,governance_away}'::text[] END) WITH ORDINALITY AS t (kind, place)
), on_list AS (
    SELECT g.grantee AS id FROM case_grant g
    WHERE g.case_id = secret AND g.level = 'named' AND g.until > at AND g.break_glass_id IS NULL
), candidate (kind, id) AS (
    SELECT 'officer', officer
    UNION ALL SELECT 'cover', a.cover_user_id FROM absence a WHERE a.user_id = officer AND away_on(a, at)
    UNION ALL SELECT 'duty', d.user_id FROM duty d WHERE d.team_id = team AND d.starts_at <= at AND d.ends_at > at
    UNION ALL SELECT 'supervisor', h.user_id FROM role_held h WHERE h.team_id = team AND h.role = 'supervisor'
    UNION ALL SELECT 'manager', h.user_id FROM role_held h JOIN team t ON t.id = h.team_id
        WHERE h.role = 'service_manager' AND t.partner_id = (SELECT owner.partner_id FROM team owner WHERE owner.id = team)
    UNION ALL SELECT 'agency', h.user_id FROM role_held h JOIN team t ON t.id = h.team_id
        WHERE h.role = 'victim_first' AND t.partner_id = agency
    UNION ALL SELECT 'named', id FROM on_list
    UNION ALL SELECT 'governance', h.user_id FROM role_held h WHERE h.role = 'governance'
    UNION ALL SELECT 'administrator', h.user_id FROM role_held h WHERE h.role IN ('local_admin', 'information_officer')
    UNION ALL SELECT 'governance_away', h.user_id FROM role_held h WHERE h.role = 'governance'
    UNION ALL SELECT 'information', h.user_id FROM role_held h WHERE h.role = 'information_officer'
), able AS (
    SELECT c.kind, u.id FROM candidate c JOIN app_user u ON u.id = c.id JOIN partner p ON p.id = u.partner_id
    WHERE u.disabled_at IS NULL AND u.vetted_until >= london_day(at) AND p.agreement_until >= london_day(at)
      AND u.id IS DISTINCT FROM about AND NOT EXISTS (SELECT FROM look_flag f WHERE f.id = about AND f.user_id = u.id)
      AND (c.kind = 'officer' OR u.id IS DISTINCT FROM officer)
      AND (c.kind = 'governance_away' OR NOT EXISTS (SELECT FROM absence a WHERE a.user_id = u.id AND away_on(a, at)))
      AND (secret IS NULL OR c.kind IN ('governance', 'administrator', 'governance_away', 'information')
           OR u.id IN (SELECT l.id FROM on_list l))
), placed AS (
    SELECT able.id, turn.place FROM able JOIN turn USING (kind)
)
SELECT DISTINCT id FROM placed WHERE place = (SELECT min(place) FROM placed)
$$
"""

BEFORE = """
CREATE OR REPLACE FUNCTION recipients(who text, officer uuid, team uuid, agency uuid, about uuid, secret uuid, at timestamptz)
RETURNS TABLE (user_id uuid) LANGUAGE sql STABLE ROWS 3 SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH turn AS (
    SELECT kind, place FROM unnest(CASE who WHEN 'duty' THEN '{duty}'::text[] ELSE CASE who
        WHEN 'officer' THEN '{officer,cover,duty,supervisor,manager}'::text[]
        WHEN 'supervisor' THEN '{supervisor,duty,manager}'
        WHEN 'manager' THEN '{manager}'
        WHEN 'agency' THEN '{agency}'
        ELSE '{}' END || '{named,governance,administrator,governance_away}'::text[] END) WITH ORDINALITY AS t (kind, place)
), candidate (kind, id) AS (
    SELECT 'officer', officer
    UNION ALL SELECT 'cover', a.cover_user_id FROM absence a WHERE a.user_id = officer AND away_on(a, at)
    UNION ALL SELECT 'duty', d.user_id FROM duty d WHERE d.team_id = team AND d.starts_at <= at AND d.ends_at > at
    UNION ALL SELECT 'supervisor', h.user_id FROM role_held h WHERE h.team_id = team AND h.role = 'supervisor'
    UNION ALL SELECT 'manager', h.user_id FROM role_held h JOIN team t ON t.id = h.team_id
        WHERE h.role = 'service_manager' AND t.partner_id = (SELECT owner.partner_id FROM team owner WHERE owner.id = team)
    UNION ALL SELECT 'agency', h.user_id FROM role_held h JOIN team t ON t.id = h.team_id
        WHERE h.role = 'victim_first' AND t.partner_id = agency
    UNION ALL SELECT 'named', g.grantee FROM case_grant g WHERE g.case_id = secret AND g.level = 'named' AND g.until > at
    UNION ALL SELECT 'governance', h.user_id FROM role_held h WHERE h.role = 'governance'
    UNION ALL SELECT 'administrator', h.user_id FROM role_held h WHERE h.role IN ('local_admin', 'information_officer')
    UNION ALL SELECT 'governance_away', h.user_id FROM role_held h WHERE h.role = 'governance'
), able AS (
    SELECT c.kind, u.id FROM candidate c JOIN app_user u ON u.id = c.id JOIN partner p ON p.id = u.partner_id
    WHERE u.disabled_at IS NULL AND u.vetted_until >= london_day(at) AND p.agreement_until >= london_day(at)
      AND u.id IS DISTINCT FROM about AND (c.kind = 'officer' OR u.id IS DISTINCT FROM officer)
      AND (c.kind = 'governance_away' OR NOT EXISTS (SELECT FROM absence a WHERE a.user_id = u.id AND away_on(a, at)))
      AND (secret IS NULL OR c.kind IN ('governance', 'administrator', 'governance_away') OR EXISTS (
          SELECT FROM case_grant g WHERE g.case_id = secret AND g.level = 'named' AND g.until > at AND g.grantee = u.id))
), placed AS (
    SELECT able.id, turn.place FROM able JOIN turn USING (kind)
)
SELECT DISTINCT id FROM placed WHERE place = (SELECT min(place) FROM placed)
$$
"""

# The one door into a restricted case from outside its list. Who asks is read from the transaction's settings, never from an
# argument; whatever stands in the way the answer is the same NULL, so that nobody learns which references exist.
EMERGENCY = """
CREATE FUNCTION open_in_emergency(opening uuid, wanted text, why text, moment timestamptz) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me uuid := nullif(current_setting('sentinel.user', true), '')::uuid;
    mine uuid[] := nullif(current_setting('sentinel.partners', true), '')::uuid[];
    found uuid;
BEGIN
    IF me IS NULL OR length(btrim(why)) < 20
       OR 'supervisor' <> ALL (string_to_array(coalesce(current_setting('sentinel.roles', true), ''), ',')) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('break_glass ' || me, 0));
    IF (SELECT count(*) FROM break_glass_try t WHERE t.user_id = me AND t.at > moment - interval '1 hour') >= 5 THEN
        RETURN NULL;
    END IF;
    SELECT c.id INTO found FROM asb_case c
    WHERE (c.reference = wanted OR c.id IN (SELECT r.case_id FROM report r WHERE r.reference = wanted))
      AND c.restricted AND c.owner_partner_id = ANY (mine)
      AND EXISTS (SELECT FROM role_held h JOIN team t ON t.id = h.team_id
                  WHERE h.user_id = me AND h.role = 'supervisor' AND t.partner_id = c.owner_partner_id);
    IF found IS NULL THEN
        INSERT INTO break_glass_try (user_id, at) VALUES (me, moment);
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM case_grant g
                   WHERE g.case_id = found AND g.grantee = me AND g.level = 'named' AND g.until > moment) THEN
        INSERT INTO break_glass (id, case_id, opened_by, reason, opened_at, until)
        VALUES (opening, found, me, btrim(why), moment, moment + interval '4 hours');
        INSERT INTO case_grant (id, case_id, grantee, level, until, reason, granted_by, granted_at, break_glass_id)
        VALUES (gen_random_uuid(), found, me, 'named', moment + interval '4 hours', left('Break-glass: ' || btrim(why), 500), me, moment,
                opening);
    END IF;
    RETURN found;
END $$
"""

# Whoever sees a case only because they opened it in an emergency looks at it, and changes it, by that authority.
IN_EMERGENCY = """
CREATE FUNCTION in_emergency(of_case uuid, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said text;
BEGIN
    SELECT g.reason INTO said FROM case_grant g
    WHERE g.case_id = of_case AND g.level = 'named' AND g.until > moment
      AND g.grantee = nullif(current_setting('sentinel.user', true), '')::uuid
    ORDER BY g.break_glass_id IS NOT NULL, g.granted_at DESC LIMIT 1;
    IF said LIKE 'Break-glass: %' AND coalesce(current_setting('sentinel.authority', true), '') = '' THEN
        PERFORM set_config('sentinel.authority', said, true);
        RETURN true;
    END IF;
    RETURN false;
END $$
"""

# Nothing is returned, whatever is found: whoever took the report must not learn of it. What is alike is decided on stored keys:
# the same record, the same telephone number or e-mail address, or the same name at the same building.
TOUCHES = """
CREATE FUNCTION restricted_touches(of_report uuid, told_by text, moment timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    touched record;
    touch uuid;
    raised bigint;
    person record;
    letter bigint;
BEGIN
    FOR touched IN
        SELECT DISTINCT c.id, c.owner_partner_id, c.team_id, c.officer_id
        FROM report r JOIN party n ON n.report_id = r.id JOIN person np ON np.id = n.person_id
        JOIN person q ON q.canonical_id = np.canonical_id
            OR q.id IN (SELECT theirs.person_id FROM person_contact ours JOIN person_contact theirs USING (kind, value_key)
                        WHERE ours.person_id = np.id)
            OR q.name_key = np.name_key AND np.name_key <> ''
        JOIN party y ON y.person_id = q.id JOIN asb_case c ON c.id = y.case_id
        WHERE r.id = of_report AND c.restricted AND r.case_id IS DISTINCT FROM c.id
          AND (q.canonical_id = np.canonical_id
               OR EXISTS (SELECT FROM person_contact ours JOIN person_contact theirs USING (kind, value_key)
                          WHERE ours.person_id = np.id AND theirs.person_id = q.id)
               OR EXISTS (SELECT FROM place a JOIN place b ON b.building_key = a.building_key
                          WHERE (a.id = r.place_id OR a.id IN (SELECT h.place_id FROM residence h WHERE h.person_id = np.id))
                            AND (b.id = c.place_id OR b.id IN (SELECT h.place_id FROM residence h WHERE h.person_id = q.id))))
    LOOP
        touch := gen_random_uuid();
        INSERT INTO restricted_touch (id, report_id, case_id, at) VALUES (touch, of_report, touched.id, moment)
        ON CONFLICT (report_id, case_id) DO NOTHING;
        CONTINUE WHEN NOT FOUND OR told_by = '';
        INSERT INTO alert (trigger_key, subject_id, case_id, owner_partner_id, team_id, officer_id, urgent, since, step, passed,
                           opened_at, stepped_at)
        VALUES (told_by, touch, touched.id, touched.owner_partner_id, touched.team_id, touched.officer_id, true, moment, 1, '{}',
                moment, moment) RETURNING id INTO raised;
        FOR person IN SELECT p.user_id FROM recipients('named', NULL, touched.team_id, NULL, NULL, touched.id, moment) AS p LOOP
            INSERT INTO outbox (dedupe_key, channel, template, ref_table, ref_id, state, attempts, created_at, next_attempt_at)
            VALUES ('now:' || person.user_id || ':' || touch, 'email', 'alerts_now', 'app_user', person.user_id, 'waiting', 0, moment,
                    now()) RETURNING id INTO letter;
            INSERT INTO telling (alert_id, step, user_id, told_at, via, outbox_id)
            VALUES (raised, 1, person.user_id, moment, 'now', letter);
        END LOOP;
    END LOOP;
END $$
"""

OPEN_TO_ALL = (
    "open_in_emergency(uuid, text, text, timestamptz)",
    "in_emergency(uuid, timestamptz)",
    "restricted_touches(uuid, text, timestamptz)",
)

# Referrals on record: the agency sees the party while one is open, and for 28 days after. Worked out from the record, so no entry in it.
REFERRALS = """
INSERT INTO case_grant (id, party_id, grantee, level, until, reason, granted_at)
SELECT md5(f.party_id::text || f.agency_id)::uuid, f.party_id, f.agency_id, 'contact',
    max(coalesce(f.ended_at + interval '28 days', f.referred_at + interval '3650 days')), 'Referred to them', min(f.referred_at)
FROM referral f WHERE f.state <> 'held' AND NOT (f.state = 'withdrawn' AND f.contact_by IS NULL) GROUP BY f.party_id, f.agency_id
"""


def _moment(name: str, *, needed: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _break_glass() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("opened_by", sa.UUID(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        _moment("opened_at", needed=True),
        _moment("until", needed=True),
        sa.Column("reviewed_by", sa.UUID(), nullable=True),
        _moment("reviewed_at"),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("found_right", sa.Boolean(), nullable=True),
        sa.CheckConstraint("num_nonnulls(reviewed_by, reviewed_at, found_right) IN (0, 3)", name=op.f("ck_break_glass_reviewed_whole")),
        sa.CheckConstraint("reviewed_by <> opened_by", name=op.f("ck_break_glass_reviewed_by_another")),
        sa.CheckConstraint("length(review_note) <= 20000", name=op.f("ck_break_glass_review_note_length")),
        _key("break_glass", "case_id", "asb_case"),
        _key("break_glass", "opened_by", "app_user"),
        _key("break_glass", "reviewed_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    for column in ("case_id", "opened_by", "reviewed_by"):
        op.create_index(op.f(f"ix_break_glass_{column}"), "break_glass", [column])
    op.create_table(
        "break_glass_try",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        _moment("at", needed=True),
        _key("break_glass_try", "user_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass_try")),
    )
    op.create_index("ix_break_glass_try_user", "break_glass_try", ["user_id", "at"])


def _touch() -> None:
    op.create_table(
        "restricted_touch",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("report_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        _moment("at", needed=True),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        _moment("answered_at"),
        sa.Column("answer", sa.String(length=500), nullable=True),
        _key("restricted_touch", "report_id", "report"),
        _key("restricted_touch", "case_id", "asb_case"),
        _key("restricted_touch", "answered_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restricted_touch")),
        sa.UniqueConstraint("report_id", "case_id", name=op.f("uq_restricted_touch_report_id_case_id")),
    )
    for column in ("case_id", "answered_by"):
        op.create_index(op.f(f"ix_restricted_touch_{column}"), "restricted_touch", [column])


GRANT_COLUMNS = (("party_id", "party"), ("break_glass_id", "break_glass"), ("answered_by", "app_user"))


def _grants() -> None:
    op.alter_column("case_grant", "case_id", nullable=True)
    for column, target in GRANT_COLUMNS:
        op.add_column("case_grant", sa.Column(column, sa.UUID(), nullable=True))
        op.create_foreign_key(op.f(f"fk_case_grant_{column}"), "case_grant", target, [column], ["id"])
        op.create_index(op.f(f"ix_case_grant_{column}"), "case_grant", [column])
    op.add_column("case_grant", _moment("answered_at"))
    op.drop_constraint(op.f("ck_case_grant_level_known"), "case_grant")
    op.create_check_constraint(op.f("ck_case_grant_level_known"), "case_grant", "level IN ('headline', 'full', 'named', 'contact')")
    op.create_check_constraint(op.f("ck_case_grant_case_or_party"), "case_grant", "num_nonnulls(case_id, party_id) >= 1")
    op.create_index("uq_case_grant_contact", "case_grant", ["party_id", "grantee"], unique=True, postgresql_where="level = 'contact'")


def upgrade() -> None:
    op.execute("SELECT set_config('sentinel.actor', 'migration:0012', true)")
    _break_glass()
    _touch()
    _grants()
    # Opened and tried by the function alone; a review is written by whoever is named.
    op.execute(f"GRANT SELECT ON break_glass, break_glass_try, restricted_touch TO {READERS}")
    op.execute(f"GRANT UPDATE (reviewed_by, reviewed_at, review_note, found_right) ON break_glass TO {READERS}")
    op.execute(f"GRANT UPDATE (answered_by, answered_at, answer) ON restricted_touch TO {READERS}")
    for table in ("break_glass", "break_glass_try", "restricted_touch"):
        op.execute(f"CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change('id')")
    for function in (RECIPIENTS, EMERGENCY, IN_EMERGENCY, TOUCHES):
        op.execute(function)
    for signature in OPEN_TO_ALL:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")
    op.execute("ALTER TABLE case_grant DISABLE TRIGGER audit")
    op.execute(REFERRALS)
    op.execute("ALTER TABLE case_grant ENABLE TRIGGER audit")


def downgrade() -> None:
    op.execute("SELECT set_config('sentinel.actor', 'migration:0012', true)")
    for signature in OPEN_TO_ALL:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(BEFORE)
    op.execute("ALTER TABLE case_grant DISABLE TRIGGER audit")
    op.execute("DELETE FROM case_grant WHERE case_id IS NULL OR level = 'contact' OR break_glass_id IS NOT NULL")
    op.execute("ALTER TABLE case_grant ENABLE TRIGGER audit")
    op.drop_index("uq_case_grant_contact", "case_grant")
    op.drop_constraint(op.f("ck_case_grant_case_or_party"), "case_grant")
    op.drop_constraint(op.f("ck_case_grant_level_known"), "case_grant")
    op.create_check_constraint(op.f("ck_case_grant_level_known"), "case_grant", "level IN ('headline', 'full', 'named')")
    op.drop_column("case_grant", "answered_at")
    for column, _ in reversed(GRANT_COLUMNS):
        op.drop_column("case_grant", column)
    op.alter_column("case_grant", "case_id", nullable=False)
    op.drop_table("restricted_touch")
    op.drop_table("break_glass_try")
    op.drop_table("break_glass")
