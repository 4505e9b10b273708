"""A supervisor may draw one case of each officer: in which way a draw was made, and of whom nothing could be drawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _of_draws() -> None:
    op.add_column("dip_draw", sa.Column("way", sa.String(40), nullable=False, server_default="team"))
    op.add_column("dip_draw", sa.Column("left_out", postgresql.JSONB(), nullable=False, server_default="[]"))
    for column in ("way", "left_out"):
        op.alter_column("dip_draw", column, server_default=None)
    op.create_check_constraint(op.f("ck_dip_draw_way"), "dip_draw", "way IN ('team', 'each_officer')")


def upgrade() -> None:
    _of_draws()


def downgrade() -> None:
    for column in ("way", "left_out"):
        op.drop_column("dip_draw", column)
