"""Getting in: secrets apart from people, links to set a password, what the record says of the door."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# `audit_look` says "select" of everything; what happens at the door has words of its own.
ACCESS = """
CREATE FUNCTION audit_access(op text, user_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_write('access', 'app_user', user_id::text, op, NULL, NULL, NULL)
$$;
REVOKE ALL ON FUNCTION audit_access(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_access(text, uuid) TO sentinel_web, sentinel_worker
"""


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_credential_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "access_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_access_link_kind_known")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_access_link_made_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_access_link_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_link")),
    )
    op.create_index(op.f("ix_access_link_user_id"), "access_link", ["user_id"])
    op.create_index(op.f("ix_access_link_made_by"), "access_link", ["made_by"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "sign_in_try",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_try")),
    )
    op.create_index(op.f("ix_sign_in_try_last_at"), "sign_in_try", ["last_at"])
    op.add_column("user_session", sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user_session", sa.Column("browser", sa.String(length=40), nullable=True))
    op.execute("INSERT INTO credential (user_id, password_hash, password_set_at) SELECT id, password_hash, now() FROM app_user")
    op.drop_column("app_user", "password_hash")
    op.execute(ACCESS)
    op.execute("GRANT SELECT, INSERT, UPDATE ON credential, access_link TO sentinel_web, sentinel_worker")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code, sign_in_try TO sentinel_web, sentinel_worker")


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_access(text, uuid)")
    op.add_column("app_user", sa.Column("password_hash", sa.String(length=200), nullable=True))
    # Unrecorded: a hash must not reach the record of changes. Whoever had no password gets one that nothing matches.
    op.execute("ALTER TABLE app_user DISABLE TRIGGER audit")
    op.execute(
        "UPDATE app_user SET password_hash = coalesce((SELECT c.password_hash FROM credential c WHERE c.user_id = app_user.id), '!')"
    )
    op.execute("ALTER TABLE app_user ENABLE TRIGGER audit")
    op.alter_column("app_user", "password_hash", nullable=False)
    op.drop_column("user_session", "browser")
    op.drop_column("user_session", "locked_at")
    op.drop_table("sign_in_try")
    op.drop_table("recovery_code")
    op.drop_table("access_link")
    op.drop_table("credential")
