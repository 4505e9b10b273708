"""One case drawn of each officer; signatures asked of the service manager; whoever tells a victim hears of it.

A draw says in which way it was made and of whom nothing could be drawn. A case says who asked for a signature nobody can give, when
and why; what waits for one is worked out in one place, for the officer's page, the sweep and the board. A promise knows who was named
to keep it, where that is not whoever has the case, and an alert that it is somebody's own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
# What waits for a signature on a case (desk/to_sign.py shows it), by kind; `attempts` in vain before a promise may be excused.
UNSIGNED = """
CREATE FUNCTION unsigned(of_case uuid, attempts int) RETURNS text[] LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM referral f JOIN party y ON y.id = f.party_id WHERE y.case_id = of_case AND f.state = 'held')
            THEN 'referral' END,
        CASE WHEN EXISTS (SELECT FROM assessment s JOIN party y ON y.id = s.party_id WHERE y.case_id = of_case AND s.state = 'pending')
            THEN 'lowering' END,
        CASE WHEN EXISTS (SELECT FROM supervision_review v JOIN party y ON y.id = v.party_id
            WHERE y.case_id = of_case AND v.done_at IS NULL AND v.ended_at IS NULL) THEN 'review' END,
        CASE WHEN EXISTS (SELECT FROM promise p JOIN party y ON y.id = p.party_id WHERE y.case_id = of_case AND p.state = 'open'
            AND (SELECT count(*) FROM contact k WHERE k.case_id = of_case AND k.person_id = y.person_id AND k.direction = 'out'
                AND k.outcome IN ('attempt', 'failed') AND k.occurred_at >= p.starts_at) >= attempts) THEN 'excuse' END,
        CASE WHEN EXISTS (SELECT FROM asb_case c JOIN case_detail d ON d.case_id = c.id
            WHERE c.id = of_case AND c.state = 'closure_proposed' AND d.signed_by IS NULL) THEN 'closing' END], NULL)
$$
"""
# No supervisor of the owner can sign in, but whoever has the case; of a restricted case, none who is named on it (cases/signing.py).
NOBODY_SIGNS = """
CREATE FUNCTION nobody_signs(of_case uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM asb_case c JOIN team t ON t.partner_id = c.owner_partner_id JOIN role_held h ON h.team_id = t.id
        JOIN app_user u ON u.id = h.user_id
        WHERE c.id = of_case AND h.role = 'supervisor' AND u.id IS DISTINCT FROM c.officer_id
          AND u.disabled_at IS NULL AND u.vetted_until >= london_day(at)
          AND (NOT c.restricted OR EXISTS (SELECT FROM case_grant g WHERE g.case_id = c.id AND g.level = 'named' AND g.grantee = u.id
              AND g.until > at AND g.break_glass_id IS NULL)))
$$
"""
# Asked from the board, by somebody who sees no case by that role: for every case of the team that waits and was not asked for lately.
# Restricted cases are asked for by those named on them. Returns how many; with no words, how many there would be.
ASK_MANAGERS = """
CREATE FUNCTION ask_managers(of_team uuid, attempts int, lasts interval, heading text, said text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me uuid := nullif(current_setting('sentinel.user', true), '')::uuid;
    moment timestamptz := nullif(current_setting('sentinel.at', true), '')::timestamptz;
    wanted uuid[];
BEGIN
    IF NOT EXISTS (SELECT FROM role_held h JOIN team t ON t.id = h.team_id WHERE h.user_id = me AND (h.role = 'governance'
        OR h.role IN ('supervisor', 'service_manager') AND t.partner_id = (SELECT o.partner_id FROM team o WHERE o.id = of_team))) THEN
        RETURN 0;
    END IF;
    SELECT coalesce(array_agg(c.id), '{}') INTO wanted FROM asb_case c JOIN case_detail d ON d.case_id = c.id
    WHERE c.team_id = of_team AND c.state IN ('open', 'closure_proposed') AND NOT c.restricted
      AND coalesce(d.sign_asked_at <= moment - lasts, true)
      AND nobody_signs(c.id, moment) AND cardinality(unsigned(c.id, attempts)) > 0;
    IF said IS NULL THEN RETURN cardinality(wanted); END IF;
    UPDATE case_detail d SET sign_asked_by = me, sign_asked_at = moment, sign_asked_why = said WHERE d.case_id = ANY (wanted);
    INSERT INTO case_grant (id, case_id, grantee, level, until, reason, granted_by, granted_at)
    SELECT gen_random_uuid(), c.id, u.id, 'named', moment + lasts, left('To sign where no supervisor can: ' || said, 500), me, moment
    FROM asb_case c JOIN app_user u ON u.id IS DISTINCT FROM c.officer_id
    WHERE c.id = ANY (wanted) AND u.disabled_at IS NULL AND u.vetted_until >= london_day(moment)
      AND EXISTS (SELECT FROM role_held h JOIN team t ON t.id = h.team_id
          WHERE h.user_id = u.id AND h.role = 'service_manager' AND t.partner_id = c.owner_partner_id);
    INSERT INTO case_event (case_id, kind, title, body, actor, actor_name, happened_at, recorded_at)
    SELECT w.id, 'share', heading, said, me::text, u.name, moment, moment FROM unnest(wanted) AS w (id), app_user u WHERE u.id = me;
    RETURN cardinality(wanted);
END $$
"""
# Until now it went by the trigger: who looks after something, or opened it; and the named teller heard of no closing.
OWN = ("action_overdue", "handed_on_expiring", "break_glass", "break_glass_overdue", "break_glass_not_right")
NAMED_BEFORE = (
    f"UPDATE alert SET own_officer = true WHERE closed_at IS NULL AND officer_id IS NOT NULL AND trigger_key IN {OWN}",
    """UPDATE promise p SET teller_id = d.teller_id FROM party y JOIN asb_case c ON c.id = y.case_id JOIN case_detail d ON d.case_id = c.id
    WHERE y.id = p.party_id AND p.kind = 'closure' AND p.state = 'open' AND d.teller_id IS DISTINCT FROM c.officer_id""",
    """UPDATE alert a SET officer_id = p.teller_id, own_officer = true FROM promise p
    WHERE p.id = a.subject_id AND p.teller_id IS NOT NULL AND a.trigger_key = 'promise' AND a.closed_at IS NULL""",
)
FUNCTIONS = {
    "unsigned(uuid, int)": UNSIGNED,
    "nobody_signs(uuid, timestamptz)": NOBODY_SIGNS,
    "ask_managers(uuid, int, interval, text, text)": ASK_MANAGERS,
}


def _of_draws() -> None:
    op.add_column("dip_draw", sa.Column("way", sa.String(40), nullable=False, server_default="team"))
    op.add_column("dip_draw", sa.Column("left_out", postgresql.JSONB(), nullable=False, server_default="[]"))
    for column in ("way", "left_out"):
        op.alter_column("dip_draw", column, server_default=None)
    op.create_check_constraint(op.f("ck_dip_draw_way_known"), "dip_draw", "way IN ('team', 'each_officer')")


def _of_signatures() -> None:
    op.add_column("case_detail", sa.Column("sign_asked_by", sa.UUID(), nullable=True))
    op.add_column("case_detail", sa.Column("sign_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case_detail", sa.Column("sign_asked_why", sa.String(500), nullable=True))
    op.create_foreign_key(op.f("fk_case_detail_sign_asked_by"), "case_detail", "app_user", ["sign_asked_by"], ["id"])
    for column in ("sign_asked_by", "sign_asked_at"):
        op.create_index(op.f(f"ix_case_detail_{column}"), "case_detail", [column], postgresql_where=f"{column} IS NOT NULL")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")


def _of_tellers() -> None:
    op.add_column("promise", sa.Column("teller_id", sa.UUID(), nullable=True))
    op.create_foreign_key(op.f("fk_promise_teller_id"), "promise", "app_user", ["teller_id"], ["id"])
    op.create_index(op.f("ix_promise_teller_id"), "promise", ["teller_id"], postgresql_where="teller_id IS NOT NULL")
    op.execute(f"GRANT UPDATE (teller_id) ON promise TO {READERS}")
    op.add_column("alert", sa.Column("own_officer", sa.Boolean(), nullable=False, server_default="false"))
    for statement in NAMED_BEFORE:
        op.execute(statement)


def upgrade() -> None:
    op.execute("SELECT set_config('sentinel.actor', 'migration:0021', true)")
    _of_draws()
    _of_signatures()
    _of_tellers()


def downgrade() -> None:
    op.drop_column("alert", "own_officer")
    op.drop_column("promise", "teller_id")
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    for column in ("sign_asked_why", "sign_asked_at", "sign_asked_by"):
        op.drop_column("case_detail", column)
    for column in ("way", "left_out"):
        op.drop_column("dip_draw", column)
