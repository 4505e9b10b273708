"""The sweep's mark says when it began, and what ended since is found by index.

An answer to the survey enters no record of changes: beside the offer's own change in the same request it would say who gave it.

What the sweep writes is cheaper to keep: no check of a telling against the alert whose statement writes it; indexes over empty columns
keep only what is set; those that nothing reads go."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOSTLY_EMPTY = {"promise": ("kept_by", "ended_by", "tightens_id"), "telling": ("outbox_id",)}
RECORDED = "CREATE TRIGGER audit AFTER {} ON survey_answer FOR EACH ROW EXECUTE FUNCTION audit_change('id')"
UNREAD = {"promise": ("party_id",), "alert": ("agency_id", "owner_partner_id", "party_id")}


def _index(table: str, column: str, where: str | None = None) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], postgresql_where=where)


def _mostly_empty(*, kept: bool) -> None:
    for table, columns in MOSTLY_EMPTY.items():
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table)
            _index(table, column, None if kept else f"{column} IS NOT NULL")


def _record_answers(what: str) -> None:
    op.execute("DROP TRIGGER audit ON survey_answer")
    op.execute(RECORDED.format(what))


def upgrade() -> None:
    op.add_column("sweep_mark", sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sweep_mark SET begun_at = swept_at")
    op.alter_column("sweep_mark", "begun_at", nullable=False)
    _index("promise", "ended_at", "ended_at IS NOT NULL")
    _record_answers("DELETE OR UPDATE")
    op.drop_constraint("fk_telling_alert_id", "telling", type_="foreignkey")
    _mostly_empty(kept=False)
    for table, columns in UNREAD.items():
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table)


def downgrade() -> None:
    _record_answers("INSERT OR DELETE OR UPDATE")
    for table, columns in UNREAD.items():
        for column in columns:
            _index(table, column)
    _mostly_empty(kept=True)
    op.create_foreign_key("fk_telling_alert_id", "telling", "alert", ["alert_id"], ["id"])
    op.drop_index(op.f("ix_promise_ended_at"), "promise")
    op.drop_column("sweep_mark", "begun_at")
