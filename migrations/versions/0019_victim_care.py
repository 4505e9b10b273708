"""Hearings, of which victims are told."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _moment(name: str, *, needed: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _hearings() -> None:
    op.create_table(
        "hearing",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("about", sa.String(500), nullable=False),
        _moment("at", needed=True),
        sa.Column("court", sa.String(500), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        _moment("set_at", needed=True),
        sa.Column("set_by", sa.UUID(), nullable=False),
        _moment("held_at"),
        _moment("ended_at"),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('set', 'held', 'moved', 'cancelled')", name=op.f("ck_hearing_state_known")),
        sa.CheckConstraint("(state = 'set') = (ended_at IS NULL)", name=op.f("ck_hearing_ended_has_time")),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_hearing_note_length")),
        sa.CheckConstraint("length(result) <= 20000", name=op.f("ck_hearing_result_length")),
        _key("hearing", "case_id", "asb_case"),
        _key("hearing", "set_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
    )
    for column in ("case_id", "set_by"):
        op.create_index(op.f(f"ix_hearing_{column}"), "hearing", [column])
    op.create_index("ix_hearing_set", "hearing", ["at"], postgresql_where="state = 'set'")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON hearing TO {READERS}")
    op.execute("CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON hearing FOR EACH ROW EXECUTE FUNCTION audit_change('id')")
    op.execute("ALTER TABLE hearing ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker ON hearing TO sentinel_worker USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute("CREATE POLICY web_read ON hearing FOR SELECT TO sentinel_web USING (full_case(hearing.case_id))")
    op.execute("CREATE POLICY web_add ON hearing FOR INSERT TO sentinel_web WITH CHECK (full_case(hearing.case_id))")
    op.execute("CREATE POLICY web_change ON hearing FOR UPDATE TO sentinel_web USING (full_case(hearing.case_id))")


def upgrade() -> None:
    _hearings()


def downgrade() -> None:
    op.drop_table("hearing")
