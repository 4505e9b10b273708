"""Closing: each victim's own view of it, who tells them, who looks after an intervention when its case has closed, and the survey.

Whoever answers the survey is nobody to us: two functions of the database say whether a link can be answered, and keep the answer.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
COMMANDS = {"web_read": "SELECT", "web_add": "INSERT"}
PARTNERS = "(SELECT nullif(current_setting('sentinel.partners', true), '')::uuid[])"
ROLES = "string_to_array(current_setting('sentinel.roles', true), ',')"
OVERSEES = f"(SELECT {ROLES} && ARRAY['supervisor', 'service_manager'])"
EVERYWHERE = f"(SELECT {ROLES} && ARRAY['governance', 'analyst'])"
WANTED_READ = "EXISTS (SELECT FROM survey_offer o WHERE o.id = survey_answer.offer_id)"  # by whoever sees that offer
POLICIES = {
    "closing_view": {"web_read": "full_party(closing_view.party_id)", "web_add": "full_party(closing_view.party_id)"},
    "survey_offer": {"web_read": "full_case(survey_offer.case_id)", "web_add": "full_case(survey_offer.case_id)"},
    "survey_answer": {"web_read": f"({EVERYWHERE} OR {OVERSEES} AND survey_answer.partner_id = ANY ({PARTNERS}::uuid[]) OR {WANTED_READ})"},
}

SURVEY_OPEN = """
CREATE FUNCTION survey_open(digest bytea) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM survey_offer o WHERE o.token_digest = digest AND o.answered_at IS NULL
        AND o.expires_at > nullif(current_setting('sentinel.at', true), '')::timestamptz)
$$
"""
# The same form sent again, by a double click, is the answer that was kept. Anything else a link was used for before is refused.
SURVEY_ANSWERED = """
CREATE FUNCTION survey_answered(digest bytea, form bytea, answer_id uuid, agreed_version text, given jsonb, words text, shown boolean)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moment timestamptz := nullif(current_setting('sentinel.at', true), '')::timestamptz;
    offer survey_offer;
BEGIN
    SELECT * INTO offer FROM survey_offer o WHERE o.token_digest = digest FOR UPDATE;
    IF offer.id IS NULL THEN RETURN false; END IF;
    IF offer.answered_at IS NOT NULL THEN RETURN offer.sent_as = form; END IF;
    IF moment IS NULL OR offer.expires_at <= moment THEN RETURN false; END IF;
    UPDATE survey_offer SET answered_at = moment, sent_as = form WHERE id = offer.id;
    INSERT INTO survey_answer (id, partner_id, team_id, offer_id, month, standards_version, answers, expected)
    SELECT answer_id, c.owner_partner_id, c.team_id, CASE WHEN shown THEN offer.id END,
        date_trunc('month', moment AT TIME ZONE 'Europe/London')::date, agreed_version, given, words
    FROM asb_case c WHERE c.id = offer.case_id;
    RETURN true;
END $$
"""
FUNCTIONS = {
    "survey_open(bytea)": SURVEY_OPEN,
    "survey_answered(bytea, bytea, uuid, text, jsonb, text, boolean)": SURVEY_ANSWERED,
}
# As it was in 0013, with what a survey's message is about.
OF_RESTRICTED = """
CREATE OR REPLACE FUNCTION message_is_secret(about text, about_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM party y LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id
        WHERE y.id = coalesce((SELECT f.party_id FROM referral f WHERE about = 'referral' AND f.id = about_id),{} about_id)
          AND (c.restricted OR r.restricted)
          AND NOT coalesce(c.id = ANY (nullif(current_setting('sentinel.named', true), '')::uuid[]), false))
$$
"""
OF_SURVEY = "\n            (SELECT o.party_id FROM survey_offer o WHERE about = 'survey_offer' AND o.id = about_id),"

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


def _surveys() -> None:
    op.create_table(
        "survey_offer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_as", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("channel IN ('email', 'text')", name=op.f("ck_survey_offer_channel_known")),
        sa.CheckConstraint("(token_digest IS NULL) = (expires_at IS NULL)", name=op.f("ck_survey_offer_sent_has_end")),
        _key("survey_offer", "case_id", "asb_case"),
        _key("survey_offer", "person_id", "person"),
        _key("survey_offer", "party_id", "party"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_offer")),
        sa.UniqueConstraint("case_id", "person_id", name=op.f("uq_survey_offer_case_id_person_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_survey_offer_token_digest")),
    )
    op.create_table(
        "survey_answer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("offer_id", sa.UUID(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("standards_version", sa.String(40), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.CheckConstraint("length(expected) <= 4000", name=op.f("ck_survey_answer_expected_length")),
        _key("survey_answer", "partner_id", "partner"),
        _key("survey_answer", "team_id", "team"),
        _key("survey_answer", "offer_id", "survey_offer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
    )
    for table, columns in {"survey_offer": ("person_id", "party_id"), "survey_answer": ("partner_id", "team_id", "offer_id")}.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.execute("GRANT SELECT, INSERT ON survey_offer TO sentinel_web")
    op.execute("GRANT SELECT, INSERT, UPDATE ON survey_offer TO sentinel_worker")
    op.execute(f"GRANT SELECT ON survey_answer TO {READERS}")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")
    op.execute(OF_RESTRICTED.format(OF_SURVEY))


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
    _surveys()
    _policies()


def downgrade() -> None:
    op.execute(OF_RESTRICTED.format(""))
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in ("survey_answer", "survey_offer"):
        op.drop_table(table)
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
