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


def downgrade() -> None:
    for table in ("entry_comment", "dip_sample", "dip_draw"):
        op.drop_table(table)
