"""Cases drawn by lot to be checked, what supervisors read and said of it, and the footprint they leave, as figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
USER = "(SELECT nullif(current_setting('sentinel.user', true), '')::uuid)"
SUPERVISES = "(SELECT string_to_array(current_setting('sentinel.roles', true), ',') && ARRAY['supervisor'])"

COMMANDS = {"web_read": "SELECT", "web_add": "INSERT", "web_change": "UPDATE"}
# Whose lots they are draws and checks them; whoever has a case neither checks it nor says that they read their own lines.
OF_ANOTHER = "NOT EXISTS (SELECT FROM asb_case c WHERE c.id = {table}.case_id AND c.officer_id = " + USER + ")"
MINE = f"full_case(dip_sample.case_id) AND dip_sample.drawn_for = {USER} AND {SUPERVISES} AND " + OF_ANOTHER.format(table="dip_sample")
SAID = f"full_case(entry_comment.case_id) AND entry_comment.by_user = {USER} AND {SUPERVISES}"
POLICIES = {
    "dip_draw": {"web_read": f"dip_draw.drawn_by = {USER}", "web_add": f"(dip_draw.drawn_by = {USER} AND {SUPERVISES})"},
    "dip_sample": {"web_read": "full_case(dip_sample.case_id)", "web_add": f"({MINE})", "web_change": f"({MINE})"},
    "entry_comment": {"web_read": "full_case(entry_comment.case_id)", "web_add": f"({SAID})"},
}

# What each supervisor did in a time, as figures and nothing else: the asker's own; of their partner's, for a service manager; of all,
# for governance. Asked as the owner, because managers read no case. Restricted cases are counted nowhere, not even for those named.
# (Columns go before parameters of the same name: `answer` has an `until`.) A review falls due for everybody who supervises its team; it is recorded by one.
OPEN_TO_COUNT = "NOT EXISTS (SELECT FROM asb_case c WHERE c.id = {case} AND c.restricted)"
OF_PARTY = "NOT EXISTS (SELECT FROM party y JOIN asb_case c ON c.id = y.case_id WHERE y.id = {party} AND c.restricted)"
FOOTPRINT = f"""
CREATE FUNCTION supervisory_footprint(begins timestamptz, ends timestamptz) RETURNS TABLE (user_id uuid, reviews_due bigint,
    reviews_done bigint, reviews_in_time bigint, answered bigint, middle double precision, notes bigint, signed bigint, drawn bigint,
    checked bigint, comments bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH asker AS (
    SELECT nullif(current_setting('sentinel.user', true), '')::uuid AS id,
        current_setting('sentinel.actor', true) LIKE 'system:%' OR 'governance' = ANY (string_to_array(current_setting('sentinel.roles', true), ',')) AS sees_all
), managed AS (
    SELECT t.partner_id FROM role_held h JOIN team t ON t.id = h.team_id JOIN asker ON h.user_id = asker.id WHERE h.role = 'service_manager'
), person AS (
    SELECT DISTINCT u.id FROM app_user u CROSS JOIN asker LEFT JOIN role_held h ON h.user_id = u.id AND h.role = 'supervisor'
    LEFT JOIN team t ON t.id = h.team_id
    WHERE u.id = asker.id OR h.user_id IS NOT NULL AND (asker.sees_all OR t.partner_id IN (SELECT partner_id FROM managed))
)
SELECT p.id,
    (SELECT count(*) FROM supervision_review r JOIN party y ON y.id = r.party_id LEFT JOIN asb_case c ON c.id = y.case_id
        LEFT JOIN report o ON o.id = y.report_id AND y.case_id IS NULL
        WHERE r.due_at >= begins AND r.due_at < ends AND coalesce(r.ended_at, 'infinity') >= r.due_at AND NOT coalesce(c.restricted, o.restricted)
        AND coalesce(c.team_id, o.team_id) IN (SELECT h.team_id FROM role_held h WHERE h.user_id = p.id AND h.role = 'supervisor')),
    reviews.done, reviews.in_time, answers.n, answers.middle,
    (SELECT count(*) FROM case_event e WHERE e.actor = p.id::text AND e.kind IN ('supervision', 'note') AND e.recorded_at >= begins
        AND e.recorded_at < ends AND {OPEN_TO_COUNT.format(case="e.case_id")}),
    reviews.done
    + (SELECT count(*) FROM assessment a WHERE a.agreed_by = p.id AND a.agreed_at >= begins AND a.agreed_at < ends AND {OF_PARTY.format(party="a.party_id")})
    + (SELECT count(*) FROM intervention i WHERE i.authorised_by = p.id AND i.authorised_at >= begins AND i.authorised_at < ends
        AND {OPEN_TO_COUNT.format(case="i.case_id")})
    + (SELECT count(*) FROM case_detail d WHERE d.signed_by = p.id AND d.signed_at >= begins AND d.signed_at < ends AND {OPEN_TO_COUNT.format(case="d.case_id")})
    + (SELECT count(*) FROM promise m WHERE m.ended_by = p.id AND m.state = 'excused' AND m.ended_at >= begins AND m.ended_at < ends
        AND {OF_PARTY.format(party="m.party_id")})
    + (SELECT count(*) FROM multi_agency_proposal m WHERE m.answered_by = p.id AND m.answered_at >= begins AND m.answered_at < ends
        AND {OF_PARTY.format(party="m.party_id")}),
    (SELECT count(*) FROM dip_sample s WHERE s.drawn_for = p.id AND s.drawn_at >= begins AND s.drawn_at < ends AND {OPEN_TO_COUNT.format(case="s.case_id")}),
    (SELECT count(*) FROM dip_sample s WHERE s.drawn_for = p.id AND s.done_at >= begins AND s.done_at < ends AND {OPEN_TO_COUNT.format(case="s.case_id")}),
    (SELECT count(*) FROM entry_comment k WHERE k.by_user = p.id AND k.at >= begins AND k.at < ends AND {OPEN_TO_COUNT.format(case="k.case_id")})
FROM person p CROSS JOIN LATERAL (
    SELECT count(*) AS done, count(*) FILTER (WHERE r.done_at <= r.due_at) AS in_time FROM supervision_review r
    WHERE r.done_by = p.id AND r.done_at >= begins AND r.done_at < ends AND {OF_PARTY.format(party="r.party_id")}
) reviews CROSS JOIN LATERAL (
    SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first.at - coalesce(
        (SELECT min(t.told_at) FROM telling t WHERE t.alert_id = first.alert_id AND t.user_id = p.id), l.stepped_at)) / 60) AS middle
    FROM (SELECT w.alert_id, min(w.at) AS at FROM answer w WHERE w.user_id = p.id AND w.at >= begins AND w.at < ends GROUP BY w.alert_id) first
    JOIN alert l ON l.id = first.alert_id WHERE {OPEN_TO_COUNT.format(case="l.case_id")}
) answers
$$
"""
FUNCTIONS = {"supervisory_footprint(timestamptz, timestamptz)": FOOTPRINT}


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _drawn() -> None:
    op.create_table(
        "dip_draw",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("drawn_by", sa.UUID(), nullable=False),
        sa.Column("week_of", sa.Date(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("standards_version", sa.String(40), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("pool", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("wanted > 0", name=op.f("ck_dip_draw_wants_some")),
        _key("dip_draw", "drawn_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dip_draw")),
        sa.UniqueConstraint("drawn_by", "week_of", name=op.f("uq_dip_draw_drawn_by_week_of")),
    )
    op.create_table(
        "dip_sample",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("draw_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("drawn_for", sa.UUID(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", postgresql.JSONB(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nonnulls(done_at, answers) IN (0, 2)", name=op.f("ck_dip_sample_done_with_answers")),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_dip_sample_note_length")),
        _key("dip_sample", "draw_id", "dip_draw"),
        _key("dip_sample", "case_id", "asb_case"),
        _key("dip_sample", "drawn_for", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dip_sample")),
        sa.UniqueConstraint("draw_id", "case_id", name=op.f("uq_dip_sample_draw_id_case_id")),
    )
    op.create_index(op.f("ix_dip_sample_case_id"), "dip_sample", ["case_id"])
    op.create_index("ix_dip_sample_drawn_for", "dip_sample", ["drawn_for", "drawn_at"])


def _read() -> None:
    op.create_table(
        "entry_comment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("by_user", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.CheckConstraint("length(words) <= 20000", name=op.f("ck_entry_comment_words_length")),
        _key("entry_comment", "event_id", "case_event"),
        _key("entry_comment", "case_id", "asb_case"),
        _key("entry_comment", "by_user", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_comment")),
    )
    op.create_index("uq_entry_comment_read", "entry_comment", ["event_id", "by_user"], unique=True, postgresql_where="words IS NULL")
    op.create_index("ix_entry_comment_event", "entry_comment", ["event_id"])
    for column in ("case_id", "by_user"):
        op.create_index(op.f(f"ix_entry_comment_{column}"), "entry_comment", [column])


def _guard(table: str, policies: dict[str, str]) -> None:
    op.execute(f"CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change('id')")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker ON {table} TO sentinel_worker USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    for name, predicate in policies.items():
        clause = "WITH CHECK" if name == "web_add" else "USING"
        op.execute(f"CREATE POLICY {name} ON {table} FOR {COMMANDS[name]} TO sentinel_web {clause} ({predicate})")


def upgrade() -> None:
    _drawn()
    _read()
    op.execute(f"GRANT SELECT, INSERT ON dip_draw, dip_sample, entry_comment TO {READERS}")
    op.execute(f"GRANT UPDATE (done_at, answers, note) ON dip_sample TO {READERS}")
    for table, policies in POLICIES.items():
        _guard(table, policies)
    op.create_index("ix_case_event_noted", "case_event", ["actor", "recorded_at"], postgresql_where="kind IN ('supervision', 'note')")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_index("ix_case_event_noted", table_name="case_event")
    for table in ("entry_comment", "dip_sample", "dip_draw"):
        op.drop_table(table)
