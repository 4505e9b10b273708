"""Who hears of an alert: `recipients` follows ownership, absence, cover and duty, and never ends with nobody."""

from alembic import op

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None

# One row for each person who is told when `who` ("officer", "supervisor", "duty", "manager", "agency", "governance") is.
# `turn` is the fall-back chain of rules.md, "Alerts"; the first kind with anybody able to read it wins. Whoever is on duty is
# only ever told beside others, so that turn may end with nobody.
# able: may sign in, is not away, is not the one it is about; beyond the officer's own turn, is not the officer whose work is late.
# secret: a restricted case; only those named on it, unless nobody named can be told (governance learns that, and nothing else).
RECIPIENTS = """
CREATE FUNCTION recipients(who text, officer uuid, team uuid, agency uuid, about uuid, secret uuid, at timestamptz)
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

DAYS = """
CREATE FUNCTION london_day(at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$ SELECT (at AT TIME ZONE 'Europe/London')::date $$;
CREATE FUNCTION away_on(a absence, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE 'Europe/London')::date BETWEEN a.starts_on AND a.ends_on
$$;
CREATE FUNCTION london_before(at timestamptz, span interval) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE 'Europe/London' - span) AT TIME ZONE 'Europe/London'
$$
"""

SIGNATURE = "recipients(text, uuid, uuid, uuid, uuid, uuid, timestamptz)"


def upgrade() -> None:
    op.execute(DAYS)
    op.execute(RECIPIENTS)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO sentinel_web, sentinel_worker")
    # Which message told them is written after the telling: the sweep tells in batches and writes one message for all.
    op.execute("GRANT UPDATE (outbox_id) ON telling TO sentinel_web, sentinel_worker")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (outbox_id) ON telling FROM sentinel_web, sentinel_worker")
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("DROP FUNCTION london_before(timestamptz, interval)")
    op.execute("DROP FUNCTION away_on(absence, timestamptz)")
    op.execute("DROP FUNCTION london_day(timestamptz)")
