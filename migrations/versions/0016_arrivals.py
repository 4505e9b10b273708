"""Who carried a message and what became of it; and which message a contact was: when it arrives, that contact keeps its promise."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("carrier", sa.String(length=40), nullable=True))
    op.add_column("outbox", sa.Column("fate", sa.String(length=40), nullable=True))
    op.add_column("outbox", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_outbox_carrier_known"), "outbox", "carrier IN ('notify', 'smtp')")
    op.create_check_constraint(op.f("ck_outbox_fate_known"), "outbox", "fate IN ('unsure', 'taken', 'arrived', 'came_back')")
    op.create_index("ix_outbox_taken", "outbox", ["sent_at"], postgresql_where="fate = 'taken'")
    op.add_column("contact", sa.Column("outbox_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_contact_outbox_id"), "contact", "outbox", ["outbox_id"], ["id"])
    op.create_index(op.f("ix_contact_outbox_id"), "contact", ["outbox_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_contact_outbox_id"), table_name="contact")
    op.drop_constraint(op.f("fk_contact_outbox_id"), "contact", type_="foreignkey")
    op.drop_column("contact", "outbox_id")
    op.drop_index("ix_outbox_taken", table_name="outbox")
    for column in ("asked_at", "fate", "carrier"):
        op.drop_column("outbox", column)
