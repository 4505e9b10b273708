"""Partners, teams and people are kept by people: agreements, powers, regimes, vetting levels; and what was disclosed to whom.

A local administrator changes only the people of their own partner, and gives no role that reaches beyond it: the database says
so too. Nobody gives themselves a role.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
SIGNING_IN = "(SELECT current_setting('sentinel.actor', true) = 'system:sign-in')"
USER = "(SELECT nullif(current_setting('sentinel.user', true), '')::uuid)"
ROLES = "string_to_array(current_setting('sentinel.roles', true), ',')"
SIGNED_IN = f"({USER} IS NOT NULL)"
GOVERNS = f"(SELECT {ROLES} && ARRAY['governance'])"
INFORMS = f"(SELECT {ROLES} && ARRAY['information_officer'])"
ADMINISTERED = "(SELECT administered_partner())"
PARTNERS = "(SELECT nullif(current_setting('sentinel.partners', true), '')::uuid[])"
ADMINISTERS = f"(SELECT {ROLES} && ARRAY['local_admin', 'governance'])"

# The partner whose local administrator is asking; asked as the owner, so that it sets off no policy.
ADMINISTERED_PARTNER = """
CREATE FUNCTION administered_partner() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.partner_id FROM app_user u
    WHERE u.id = nullif(current_setting('sentinel.user', true), '')::uuid AND EXISTS (
        SELECT FROM role_held h JOIN team t ON t.id = h.team_id
        WHERE h.user_id = u.id AND h.role = 'local_admin' AND t.partner_id = u.partner_id)
$$
"""
# What waits for a person, as two numbers for whoever administers them. A restricted case is not even counted.
WORK_OF = """
CREATE FUNCTION work_of(officer uuid) RETURNS TABLE (live_cases bigint, open_promises bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(DISTINCT c.id), count(p.id)
    FROM asb_case c LEFT JOIN party y ON y.case_id = c.id LEFT JOIN promise p ON p.party_id = y.id AND p.state = 'open'
    WHERE c.officer_id = officer AND c.state IN ('open', 'closure_proposed') AND NOT c.restricted AND EXISTS (
        SELECT FROM app_user u WHERE u.id = officer AND (u.partner_id = administered_partner()
            OR 'governance' = ANY (string_to_array(current_setting('sentinel.roles', true), ','))))
$$
"""
FUNCTIONS = {"administered_partner()": ADMINISTERED_PARTNER, "work_of(uuid)": WORK_OF}

# A role in a team, given or taken away: never one's own; by a local administrator none that reaches beyond their partner
# or does not fit its kind (a landlord's people work no cases).
HELD = f"""(role_held.user_id <> {USER} AND ({GOVERNS} OR role_held.role NOT IN ('governance', 'information_officer', 'local_admin')
    AND EXISTS (SELECT FROM team t JOIN partner p ON p.id = t.partner_id WHERE t.id = role_held.team_id AND p.id = {ADMINISTERED}
        AND CASE p.kind WHEN 'landlord' THEN role_held.role = 'landlord' WHEN 'support' THEN role_held.role = 'victim_first'
            ELSE role_held.role NOT IN ('landlord', 'victim_first') END)
    AND EXISTS (SELECT FROM app_user u WHERE u.id = role_held.user_id AND u.partner_id = {ADMINISTERED})))"""
OURS = f"({GOVERNS} OR app_user.partner_id = {ADMINISTERED})"
FULL = "full_case(disclosure.case_id)"
OWN = "{table}.user_id = " + USER
THEIRS = f"({SIGNING_IN} OR {GOVERNS} OR EXISTS (SELECT FROM app_user u WHERE u.id = {{table}}.user_id AND u.partner_id = {ADMINISTERED}))"
ANYBODYS = f"({SIGNING_IN} OR {ADMINISTERS})"

COMMANDS = {"web_read": "SELECT", "web_add": "INSERT", "web_change": "UPDATE", "web_remove": "DELETE"}
POLICIES = {
    "agreement": {"web_read": SIGNED_IN, "web_add": f"({GOVERNS} AND agreement.recorded_by = {USER})"},
    "partner_power": {"web_read": SIGNED_IN, "web_add": GOVERNS, "web_change": GOVERNS},
    "disclosure": {"web_read": f"({INFORMS} OR {FULL})", "web_add": f"(disclosure.by_user = {USER} AND {FULL})"},
}
# Table: name of the policy, as it is from now on, as it was (migration 0013). None: there is none.
TIGHTENED = (
    ("partner", "web_change", GOVERNS, f"({GOVERNS} OR {ADMINISTERS} AND partner.id = ANY ({PARTNERS}::uuid[]))"),
    ("team", "web_add", GOVERNS, ADMINISTERS),
    ("team", "web_change", GOVERNS, f"({GOVERNS} OR {ADMINISTERS} AND team.partner_id = ANY ({PARTNERS}::uuid[]))"),
    ("app_user", "web_add", OURS, f"({GOVERNS} OR {ADMINISTERS} AND app_user.partner_id = ANY ({PARTNERS}::uuid[]))"),
    (
        "app_user",
        "web_change",
        f"({SIGNING_IN} OR app_user.id = {USER} OR {OURS})",
        f"({SIGNING_IN} OR app_user.id = {USER} OR {GOVERNS} OR {ADMINISTERS} AND app_user.partner_id = ANY ({PARTNERS}::uuid[]))",
    ),
    ("user_session", "web_read", f"({OWN} OR {THEIRS})", f"({OWN} OR {ANYBODYS})"),
    ("user_session", "web_change", f"({OWN} OR {THEIRS})", f"({OWN} OR {ANYBODYS})"),
    ("access_link", "web_read", f"({OWN} OR {THEIRS})", f"({OWN} OR {ANYBODYS})"),
    ("access_link", "web_add", THEIRS, ANYBODYS),
    ("access_link", "web_change", f"({OWN} OR {THEIRS})", f"({OWN} OR {ANYBODYS})"),
    ("role_held", "web_add", HELD, ADMINISTERS),
    ("role_held", "web_change", None, ADMINISTERS),
    ("role_held", "web_remove", HELD, None),
)


def _policy(table: str, name: str, predicate: str) -> None:
    clause = "WITH CHECK" if name == "web_add" else "USING"
    op.execute(f"CREATE POLICY {name} ON {table} FOR {COMMANDS[name]} TO sentinel_web {clause} ({predicate.format(table=table)})")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("signed_by", sa.String(200), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.UUID(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("review_on > signed_on", name=op.f("ck_agreement_reviewed_after_signed")),
        _key("agreement", "partner_id", "partner"),
        _key("agreement", "recorded_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    for column in ("partner_id", "recorded_by"):
        op.create_index(op.f(f"ix_agreement_{column}"), "agreement", [column])
    op.create_table(
        "partner_power",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("power_key", sa.String(40), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("until >= since", name=op.f("ck_partner_power_ends_after_start")),
        _key("partner_power", "partner_id", "partner"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_power")),
    )
    op.create_index(op.f("ix_partner_power_partner_id"), "partner_power", ["partner_id"])


def _disclosures() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("to_whom", sa.String(200), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("gateway_words", sa.String(200), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user", sa.UUID(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "gateway IN ('crime_and_disorder_s115', 'consent', 'safeguarding', 'court_order', 'subject_access', 'other')",
            name=op.f("ck_disclosure_gateway_known"),
        ),
        sa.CheckConstraint("(gateway = 'other') = (gateway_words IS NOT NULL)", name=op.f("ck_disclosure_other_in_words")),
        sa.CheckConstraint("disclosed_at <= recorded_at", name=op.f("ck_disclosure_not_in_the_future")),
        sa.CheckConstraint("length(what) <= 20000", name=op.f("ck_disclosure_what_length")),
        sa.CheckConstraint("length(why) <= 20000", name=op.f("ck_disclosure_why_length")),
        _key("disclosure", "case_id", "asb_case"),
        _key("disclosure", "partner_id", "partner"),
        _key("disclosure", "by_user", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    for column in ("case_id", "by_user"):
        op.create_index(op.f(f"ix_disclosure_{column}"), "disclosure", [column])
    op.create_index("ix_disclosure_partner", "disclosure", ["partner_id", "disclosed_at"])


def _columns() -> None:
    op.add_column("partner", sa.Column("regime", sa.String(40), nullable=True))
    op.add_column("partner", sa.Column("succeeded_on", sa.Date(), nullable=True))
    op.add_column("app_user", sa.Column("vetting_level", sa.String(40), nullable=True))
    op.add_column("app_user", sa.Column("closed_reason", sa.String(500), nullable=True))
    for table in ("partner", "app_user"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit")
    op.execute("UPDATE partner SET regime = CASE WHEN kind IN ('landlord', 'support') THEN 'uk_gdpr' ELSE 'part3' END")
    # Until now everybody who was vetted at all was vetted at the first level (review of 2019).
    op.execute("UPDATE app_user SET vetting_level = 'NPPV1' WHERE vetted_until IS NOT NULL")
    for table in ("partner", "app_user"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit")
    op.alter_column("partner", "regime", nullable=False)
    op.create_check_constraint(op.f("ck_partner_regime_known"), "partner", "regime IN ('part3', 'uk_gdpr')")
    levels = "vetting_level IN ('NPPV1', 'NPPV2', 'NPPV3', 'enhanced_dbs')"
    op.create_check_constraint(op.f("ck_app_user_vetting_level_known"), "app_user", levels)


# Policies hold rows, not columns: one's name and telephone one may change, one's standing never.
STANDING = """
CREATE FUNCTION standing_is_given() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.id::text = current_setting('sentinel.user', true)
       AND (NEW.email, NEW.partner_id, NEW.vetted_until, NEW.vetting_level, NEW.disabled_at, NEW.label)
           IS DISTINCT FROM (OLD.email, OLD.partner_id, OLD.vetted_until, OLD.vetting_level, OLD.disabled_at, OLD.label) THEN
        RAISE EXCEPTION 'Nobody changes their own vetting, partner or standing.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(STANDING)
    _columns()
    _agreements()
    _disclosures()
    op.execute(f"GRANT SELECT, INSERT ON agreement, partner_power, disclosure TO {READERS}")
    op.execute(f"GRANT UPDATE (until) ON partner_power TO {READERS}")
    op.execute(f"GRANT DELETE ON role_held TO {READERS}")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")
    for table, policies in POLICIES.items():
        op.execute(f"CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change('id')")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker ON {table} TO sentinel_worker USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        for name, predicate in policies.items():
            _policy(table, name, predicate)
    for table, name, now, before in TIGHTENED:
        if before:
            op.execute(f"DROP POLICY {name} ON {table}")
        if now:
            _policy(table, name, now)
    op.execute("CREATE TRIGGER standing BEFORE UPDATE ON app_user FOR EACH ROW EXECUTE FUNCTION standing_is_given()")


def downgrade() -> None:
    op.execute("DROP TRIGGER standing ON app_user")
    op.execute("DROP FUNCTION standing_is_given()")
    for table, name, now, before in reversed(TIGHTENED):
        if now:
            op.execute(f"DROP POLICY {name} ON {table}")
        if before:
            _policy(table, name, before)
    for table in ("disclosure", "partner_power", "agreement"):
        op.drop_table(table)
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(f"REVOKE DELETE ON role_held FROM {READERS}")
    for column in ("closed_reason", "vetting_level"):
        op.drop_column("app_user", column)
    for column in ("succeeded_on", "regime"):
        op.drop_column("partner", column)
