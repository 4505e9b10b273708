"""Files on a case: what is known of them. What they hold lies in DATA/documents, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
# What may change once a file is attached: the scanner's answer, and that it was withdrawn.
CHANGES = "scan_state, scanned_at, scan_words, stored_as, withdrawn_by, withdrawn_at, withdrawn_reason"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("name_shown", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(200), nullable=False),
        sa.Column("stored_as", sa.UUID(), nullable=True),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("scan_state", sa.String(40), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_words", sa.String(200), nullable=True),
        sa.Column("added_by", sa.UUID(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.UUID(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(500), nullable=True),
        sa.CheckConstraint("scan_state IN ('clean', 'waiting', 'infected', 'unscanned')", name=op.f("ck_document_scan_state_known")),
        sa.CheckConstraint("kind IN ('photo', 'recording', 'statement', 'letter', 'order', 'other')", name=op.f("ck_document_kind_known")),
        sa.CheckConstraint("(stored_as IS NULL) = (scan_state = 'infected')", name=op.f("ck_document_nothing_infected_is_kept")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name=op.f("ck_document_withdrawn_with_a_reason")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_document_case_id")),
        sa.ForeignKeyConstraint(["added_by"], ["app_user.id"], name=op.f("fk_document_added_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["app_user.id"], name=op.f("fk_document_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_document_stored_as")),
    )
    for column in ("case_id", "added_by", "withdrawn_by"):
        op.create_index(op.f(f"ix_document_{column}"), "document", [column])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({CHANGES}) ON document TO {READERS}")
    op.execute("CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON document FOR EACH ROW EXECUTE FUNCTION audit_change('id')")


def downgrade() -> None:
    op.drop_table("document")
