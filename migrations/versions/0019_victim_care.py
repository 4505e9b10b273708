"""A contact plan in full; the Victims' Code; telling held for a police operation; hearings, of which victims are told; how often a victim told of distinct incidents, whoever they told."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"

# By incident, when each was told and when it was: whoever may know of the person learns how often, and not what or to whom.
# What is restricted is counted for those who may read it.
INCIDENTS_ABOUT = """
CREATE FUNCTION incidents_about(who uuid) RETURNS TABLE (incident uuid, received_at timestamptz, occurred_at timestamptz, hate boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(r.incident_id, r.id), r.received_at, coalesce(d.occurred_to, d.occurred_from), coalesce(pd.hate_perceived, false)
    FROM person n JOIN party y ON y.person_id = n.id AND y.role = 'victim' JOIN report r ON r.id = y.report_id
    LEFT JOIN report_detail d ON d.report_id = r.id LEFT JOIN party_detail pd ON pd.party_id = y.id
    WHERE n.canonical_id = who AND r.state <> 'withdrawn' AND (NOT r.restricted OR full_report(r.id))
      AND (current_setting('sentinel.actor', true) LIKE 'system:%' OR seen_person(who))
$$
"""


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


FORMATS = "'large_print', 'easy_read', 'audio', 'braille', 'sign_language', 'other'"
CHANNELS = "'phone', 'visit', 'text', 'email', 'letter'"
PLAN = ("preferred", "accessible_format", "needs", "wishes", "representative_consent")


def _plans() -> None:
    lengths = {"preferred": sa.String(40), "accessible_format": sa.String(40), "wishes": sa.Text()}
    for column in PLAN:
        op.add_column("contact_plan", sa.Column(column, lengths.get(column, sa.String(500)), nullable=True))
    op.execute("ALTER TABLE contact_plan DISABLE TRIGGER audit")
    op.execute(
        "UPDATE contact_plan SET representative_consent = 'Recorded before Sentinel asked how.' WHERE representative_person_id IS NOT NULL"
    )
    op.execute("ALTER TABLE contact_plan ENABLE TRIGGER audit")
    checks = {
        "preferred_known": f"preferred IN ({CHANNELS})",
        "accessible_format_known": f"accessible_format IN ({FORMATS})",
        "speaks_with_consent": "representative_person_id IS NULL OR representative_consent IS NOT NULL",
        "wishes_length": "length(wishes) <= 20000",
    }
    for name, holds in checks.items():
        op.create_check_constraint(op.f(f"ck_contact_plan_{name}"), "contact_plan", holds)


def _people() -> None:
    for table, column in (("party_detail", "code_decided_by"), ("case_detail", "hold_by")):
        op.add_column(table, sa.Column(column, sa.UUID(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, "app_user", [column], ["id"])
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.add_column("party_detail", sa.Column("code_reason", sa.String(500), nullable=True))
    op.add_column("case_detail", sa.Column("hold_reason", sa.String(500), nullable=True))
    op.add_column("case_detail", _moment("hold_until"))


# What an alert is about is written by the sweep from the very rows, many thousand at a time; checking each of seven was a fifth of its time.
UNCHECKED = {
    "alert": {
        "case_id": "asb_case",
        "report_id": "report",
        "party_id": "party",
        "owner_partner_id": "partner",
        "team_id": "team",
        "officer_id": "app_user",
        "agency_id": "partner",
    },
    "telling": {"user_id": "app_user"},
}


def _unchecked() -> None:
    for table, columns in UNCHECKED.items():
        for column in columns:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")


def _checked_again() -> None:
    for table, columns in UNCHECKED.items():
        for column, target in columns.items():
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])


def upgrade() -> None:
    _unchecked()
    _plans()
    _people()
    _hearings()
    op.execute(INCIDENTS_ABOUT)
    op.execute("REVOKE ALL ON FUNCTION incidents_about(uuid) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION incidents_about(uuid) TO {READERS}")


def downgrade() -> None:
    _checked_again()
    op.execute("DROP FUNCTION incidents_about(uuid)")
    op.drop_table("hearing")
    for table, columns in (("party_detail", ("code_decided_by", "code_reason")), ("case_detail", ("hold_by", "hold_reason", "hold_until"))):
        for column in columns:
            op.drop_column(table, column)
    for column in PLAN:
        op.drop_column("contact_plan", column)
