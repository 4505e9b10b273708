"""Closing: each victim's own view of it, who tells them, and who looks after an intervention when its case has closed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
COMMANDS = {"web_read": "SELECT", "web_add": "INSERT"}
POLICIES = {"closing_view": {"web_read": "full_party(closing_view.party_id)", "web_add": "full_party(closing_view.party_id)"}}

# Until now a case had one view for all its victims, asked before anybody was told.
ONE_FOR_EACH = """
INSERT INTO closing_view (id, case_id, party_id, proposed_at, view, by_user, at)
SELECT gen_random_uuid(), d.case_id, y.id, coalesce(d.proposed_at, c.closed_at, now()), d.victim_view, d.proposed_by,
    coalesce(d.proposed_at, c.closed_at, now())
FROM case_detail d JOIN asb_case c ON c.id = d.case_id
JOIN (SELECT DISTINCT ON (y.case_id, p.canonical_id) y.id, y.case_id FROM party y JOIN person p ON p.id = y.person_id
      WHERE y.role = 'victim' ORDER BY y.case_id, p.canonical_id, y.id) y ON y.case_id = d.case_id
WHERE d.victim_view IS NOT NULL
"""
# One disagreement is the view of the case; else what was said last.
ONE_FOR_ALL = """
UPDATE case_detail d SET victim_view = v.view FROM (
    SELECT DISTINCT ON (v.case_id) v.case_id, v.view FROM closing_view v
    ORDER BY v.case_id, v.view = 'disagrees' DESC, v.at DESC) v
WHERE v.case_id = d.case_id AND d.outcome IS NOT NULL
"""


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _closing_view() -> None:
    op.create_table(
        "closing_view",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("view", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("by_user", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_closing_view_note_length")),
        _key("closing_view", "case_id", "asb_case"),
        _key("closing_view", "party_id", "party"),
        _key("closing_view", "contact_id", "contact"),
        _key("closing_view", "by_user", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_view")),
    )
    op.create_index("ix_closing_view_case", "closing_view", ["case_id", "proposed_at"])
    for column in ("party_id", "contact_id", "by_user"):
        op.create_index(op.f(f"ix_closing_view_{column}"), "closing_view", [column])
    op.execute(f"GRANT SELECT, INSERT ON closing_view TO {READERS}")


def _policies() -> None:
    for table, policies in POLICIES.items():
        op.execute(f"CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change('id')")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker ON {table} TO sentinel_worker USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        for name, predicate in policies.items():
            clause = "WITH CHECK" if name == "web_add" else "USING"
            op.execute(f"CREATE POLICY {name} ON {table} FOR {COMMANDS[name]} TO sentinel_web {clause} ({predicate})")


def upgrade() -> None:
    _closing_view()
    op.add_column("case_detail", sa.Column("teller_id", sa.UUID(), nullable=True))
    op.create_foreign_key(op.f("fk_case_detail_teller_id"), "case_detail", "app_user", ["teller_id"], ["id"])
    op.create_index(op.f("ix_case_detail_teller_id"), "case_detail", ["teller_id"])
    op.execute(ONE_FOR_EACH)
    op.drop_column("case_detail", "victim_view")
    op.add_column("intervention", sa.Column("looked_after_by", sa.UUID(), nullable=True))
    op.add_column("intervention", sa.Column("looked_after_until", sa.Date(), nullable=True))
    op.create_foreign_key(op.f("fk_intervention_looked_after_by"), "intervention", "app_user", ["looked_after_by"], ["id"])
    op.create_index(op.f("ix_intervention_looked_after_by"), "intervention", ["looked_after_by"])
    going_on = sa.text("state IN ('in_force', 'breached')")
    op.create_index("ix_intervention_looked_after", "intervention", ["looked_after_until"], postgresql_where=going_on)
    whole = "(looked_after_by IS NULL) = (looked_after_until IS NULL)"
    op.create_check_constraint(op.f("ck_intervention_looked_after_until_a_day"), "intervention", whole)
    _policies()


def downgrade() -> None:
    op.drop_constraint(op.f("ck_intervention_looked_after_until_a_day"), "intervention")
    op.drop_index("ix_intervention_looked_after", "intervention")
    for column in ("looked_after_until", "looked_after_by"):
        op.drop_column("intervention", column)
    op.add_column("case_detail", sa.Column("victim_view", sa.String(40), nullable=True))
    op.execute("ALTER TABLE case_detail DISABLE TRIGGER audit")
    op.execute(ONE_FOR_ALL)
    op.execute("ALTER TABLE case_detail ENABLE TRIGGER audit")
    op.drop_column("case_detail", "teller_id")
    op.drop_table("closing_view")
