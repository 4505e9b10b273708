"""The database agrees: row-level policies for every table, by its visibility class (design: core.md 4, rules.md "Who sees what").

A viewer is told at the start of every transaction (core/viewer.py); without one there are no rows. The web role is held to
these policies; the worker sees all rows as the system and none as anybody else; the owner, who migrates, is held to nothing. What stands here is the same rule as
`sentinel/cases/queries.py`; tests hold the two together.

The views are the owner's and show ids only: a policy that asks one of them does not set off the policies of the tables behind
it, so nothing is decided twice and no two policies wait for each other. What a setting says is read once for each statement
(`(SELECT current_setting(...))`), not once for each row.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _setting(name: str, kind: str) -> str:
    return f"(SELECT nullif(current_setting('sentinel.{name}', true), '')::{kind})"


def _any_role(*roles: str) -> str:
    wanted = ", ".join(f"'{role}'" for role in roles)
    return f"(SELECT string_to_array(current_setting('sentinel.roles', true), ',') && ARRAY[{wanted}])"


USER = _setting("user", "uuid")
NOW = _setting("at", "timestamptz")
PARTNERS, WORKS, TEAMS, GRANTEES = (f"({_setting(name, 'uuid[]')})::uuid[]" for name in ("partners", "works", "teams", "grantees"))
WORKS_CASES = f"(SELECT {WORKS} <> '{{}}')"
SIGNED_IN = f"({USER} IS NOT NULL)"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
SIGNING_IN = "(SELECT current_setting('sentinel.actor', true) = 'system:sign-in')"
SEES_HEADLINES = "(SELECT current_setting('sentinel.headline', true) = 'on')"
KNOWN = f"({SIGNED_IN} OR {SIGNING_IN})"
TAKES_CALLS = _any_role("call_taker", "practitioner", "supervisor")
GOVERNS = _any_role("governance")
MANAGES = _any_role("supervisor", "service_manager", "local_admin", "governance")
OVERSEES = _any_role("supervisor", "service_manager", "governance")
COUNTS = _any_role("governance", "analyst")
ADMINISTERS = _any_role("local_admin", "governance")


def _granted(*levels: str) -> str:
    wanted = ", ".join(f"'{level}'" for level in levels)
    return f"(SELECT case_id FROM viewer_grant WHERE level IN ({wanted}))"


HEADLINE = f"""(
    NOT @restricted AND (
        ({SEES_HEADLINES} AND @owner_partner_id IN (SELECT id FROM partner_in_agreement))
        OR @owner_partner_id = ANY ({WORKS})
        OR @id IN {_granted("headline", "contact")}
        OR {WORKS_CASES} AND @id IN {_granted("full")})
    OR @id IN {_granted("named")})"""

FULL = f"""(
    NOT @restricted AND (@owner_partner_id = ANY ({WORKS}) OR {WORKS_CASES} AND @id IN {_granted("full")})
    OR @id IN {_granted("named")})"""

REPORT_FULL = f"""(
    @taken_by = {USER} AND @state = 'received'
    OR NOT @restricted AND (
        @owner_partner_id = ANY ({WORKS})
        OR @unrouted AND {GOVERNS}
        OR @id IN (SELECT report_id FROM offered_here WHERE report_id IS NOT NULL))
    OR EXISTS (SELECT FROM full_case c WHERE c.id = @case_id))"""

REPORT_HEADLINE = f"""(
    @case_id IS NULL AND NOT @restricted AND (
        {SEES_HEADLINES} AND @owner_partner_id IN (SELECT id FROM partner_in_agreement) OR @owner_partner_id = ANY ({WORKS}))
    OR EXISTS (SELECT FROM seen_case c WHERE c.id = @case_id)
    OR {REPORT_FULL})"""

GRANTED_PARTY = "@id IN (SELECT party_id FROM viewer_grant WHERE party_id IS NOT NULL)"
OF_CASE_OR_REPORT = """(CASE WHEN @case_id IS NOT NULL THEN EXISTS (SELECT FROM {view}_case c WHERE c.id = @case_id)
    ELSE EXISTS (SELECT FROM {view}_report r WHERE r.id = @report_id) END)"""
PARTY_SEEN = f"({OF_CASE_OR_REPORT.format(view='seen')} OR {GRANTED_PARTY})"
PARTY_FULL = OF_CASE_OR_REPORT.format(view="full")


def _on(table: str, predicate: str) -> str:
    """The predicate about the rows of `table` ("c." for an alias, "" for a policy's own)."""
    return predicate.replace("@", table)


def _of(view: str, column: str, key: str = "id") -> str:
    return f"EXISTS (SELECT FROM {view} v WHERE v.{key} = {column})"


# Name of the view: the ids it shows, for the viewer of this transaction. Each may ask those before it.
VIEWS = {
    "viewer_grant": f"""SELECT g.case_id, g.party_id, g.level FROM case_grant g
        WHERE g.grantee = ANY ({GRANTEES}) AND g.until > {NOW}""",
    "partner_in_agreement": f"SELECT p.id FROM partner p WHERE p.agreement_until >= (SELECT london_day({NOW}))",
    "offered_here": f"""SELECT h.case_id, h.report_id FROM handover h
        WHERE h.state = 'offered' AND h.to_team_id = ANY ({TEAMS}) AND {WORKS_CASES}""",
    "full_case": f"SELECT c.id FROM asb_case c WHERE {_on('c.', FULL)}",
    "seen_case": f"SELECT c.id FROM asb_case c WHERE {_on('c.', HEADLINE)}",
    "full_report": f"SELECT r.id FROM report r WHERE {_on('r.', REPORT_FULL)}",
    "seen_report": f"SELECT r.id, r.incident_id FROM report r WHERE {_on('r.', REPORT_HEADLINE)}",
    "full_party": f"""SELECT y.id, p.canonical_id FROM party y JOIN person p ON p.id = y.person_id WHERE {_on('y.', PARTY_FULL)}""",
    "seen_party": f"""SELECT y.id, p.canonical_id FROM party y JOIN person p ON p.id = y.person_id WHERE {_on('y.', PARTY_SEEN)}""",
    "granted_party": "SELECT g.party_id AS id FROM viewer_grant g WHERE g.party_id IS NOT NULL",
    "full_referral": """SELECT f.id FROM referral f WHERE EXISTS (SELECT FROM full_party p WHERE p.id = f.party_id)
        OR EXISTS (SELECT FROM episode_referral e JOIN high_episode h ON h.id = e.episode_id
                   JOIN full_party p ON p.id = h.party_id WHERE e.referral_id = f.id)""",
    "agency_referral": "SELECT f.id, f.person_id FROM referral f WHERE f.party_id IN (SELECT id FROM granted_party) AND f.state <> 'held'",
    "asb_case_owner": "SELECT c.id, c.owner_partner_id FROM asb_case c",
    "named_case": "SELECT g.case_id FROM case_grant g WHERE g.level = 'named'",
}

PERSON_SEEN = _of("seen_party", "@canonical_id", "canonical_id")
PERSON_FULL = """EXISTS (SELECT FROM full_party v JOIN person q ON q.canonical_id = v.canonical_id WHERE q.id = @person_id)"""
OF_CASE = _of("full_case", "@case_id")
OF_PARTY = _of("full_party", "@party_id")
OF_AGENCY_PARTY = "@party_id IN (SELECT id FROM granted_party)"
OF_CONTACT = "EXISTS (SELECT FROM contact c JOIN full_party v ON v.id = c.party_id WHERE c.id = @contact_id)"
OF_EPISODE = "EXISTS (SELECT FROM high_episode h JOIN full_party v ON v.id = h.party_id WHERE h.id = @episode_id)"
OF_REFERRAL = f"({_of('full_referral', '@referral_id')} OR @referral_id IN (SELECT id FROM agency_referral))"
STORY = f"""({_of("full_case", "@case_id")} OR @case_id IS NULL AND {_of("full_report", "@report_id")})"""
STORY_ADD = f"""({_of("seen_case", "@case_id")} OR {_of("seen_report", "@report_id")} OR @party_id IN (SELECT id FROM granted_party))"""
OWN = f"@user_id = {USER}"
OWN_OR_SIGNING_IN = f"({OWN} OR {SIGNING_IN})"
ALERT = f"""(EXISTS (SELECT FROM telling t WHERE t.alert_id = @id AND t.user_id = {USER})
    OR CASE WHEN @case_id IS NOT NULL THEN {_of("seen_case", "@case_id")}
            WHEN @report_id IS NOT NULL THEN {_of("seen_report", "@report_id")}
            ELSE {SIGNED_IN} AND (@owner_partner_id = ANY ({PARTNERS}) OR @agency_id = ANY ({PARTNERS}) OR {GOVERNS}) END)"""
GRANT_ADD = f"""(
    {OF_CASE}
    OR @level = 'full' AND @grantee = ANY ({TEAMS}) AND {WORKS_CASES} AND {_of("seen_case", "@case_id")}
    OR @level = 'contact' AND {OF_PARTY}
    OR @level = 'named' AND @granted_by = {USER} AND @case_id NOT IN (SELECT case_id FROM named_case WHERE case_id IS NOT NULL)
       AND EXISTS (SELECT FROM asb_case_owner o WHERE o.id = @case_id AND o.owner_partner_id = ANY ({WORKS})))"""

# Table: who may read which rows, add which, change which. None: nobody may.
POLICIES: dict[str, tuple[str | None, str | None, str | None]] = {
    # headline
    "asb_case": (
        HEADLINE,
        f"@owner_partner_id = ANY ({WORKS})",
        f"({FULL} OR @id IN (SELECT case_id FROM offered_here WHERE case_id IS NOT NULL))",
    ),
    "report": (REPORT_HEADLINE, f"@taken_by = {USER} AND {TAKES_CALLS}", REPORT_FULL),
    "party": (PARTY_SEEN, PARTY_FULL, PARTY_FULL),
    "promise": (_of("seen_party", "@party_id"), _of("seen_party", "@party_id"), _of("seen_party", "@party_id")),
    "high_episode": (_of("seen_party", "@party_id"), OF_PARTY, OF_PARTY),
    "person": (PERSON_SEEN, TAKES_CALLS, PERSON_SEEN),
    "incident": (_of("seen_report", "@id", "incident_id"), TAKES_CALLS, None),
    "case_clock": (_of("seen_case", "@case_id"), _of("seen_case", "@case_id"), _of("seen_case", "@case_id")),
    "alert": (ALERT, SIGNED_IN, ALERT),
    # full
    "case_detail": (OF_CASE, OF_CASE, OF_CASE),
    "report_detail": (_of("full_report", "@report_id"),) * 3,
    "party_detail": (f"({OF_PARTY} OR {OF_AGENCY_PARTY})", OF_PARTY, OF_PARTY),
    "case_event": (STORY, STORY_ADD, None),
    "case_action": (OF_CASE, OF_CASE, OF_CASE),
    "handover": (
        f"({STORY} OR @to_team_id = ANY ({TEAMS}) AND {WORKS_CASES})",
        STORY,
        f"({STORY} OR @to_team_id = ANY ({TEAMS}) AND {WORKS_CASES})",
    ),
    "case_grant": (f"({OF_CASE} OR @grantee = ANY ({GRANTEES}) OR {OF_PARTY})", GRANT_ADD, f"({OF_CASE} OR {OF_PARTY})"),
    "assessment": (f"({OF_PARTY} OR {OF_AGENCY_PARTY} AND @effective = 'high')", OF_PARTY, OF_PARTY),
    "contact_plan": (f"({OF_PARTY} OR {OF_AGENCY_PARTY})", OF_PARTY, OF_PARTY),
    "contact": (OF_PARTY, OF_PARTY, OF_PARTY),
    "contact_covers": (OF_CONTACT, OF_CONTACT, None),
    "person_contact": (PERSON_FULL, TAKES_CALLS, PERSON_FULL),
    "residence": (PERSON_FULL, TAKES_CALLS, PERSON_FULL),
    "intervention": (OF_CASE, OF_CASE, OF_CASE),
    "supervision_review": (OF_PARTY, OF_PARTY, OF_PARTY),
    "multi_agency_proposal": (OF_PARTY, OF_PARTY, OF_PARTY),
    "episode_referral": (f"({OF_EPISODE} OR @referral_id IN (SELECT id FROM agency_referral))", OF_EPISODE, OF_EPISODE),
    "referral": (
        f"({_of('full_referral', '@id')} OR @id IN (SELECT id FROM agency_referral))",
        OF_PARTY,
        f"({_of('full_referral', '@id')} OR @id IN (SELECT id FROM agency_referral))",
    ),
    "referral_event": (OF_REFERRAL, OF_REFERRAL, None),
    # open
    "partner": (KNOWN, GOVERNS, f"({GOVERNS} OR {ADMINISTERS} AND @id = ANY ({PARTNERS}))"),
    "team": (KNOWN, ADMINISTERS, f"({GOVERNS} OR {ADMINISTERS} AND @partner_id = ANY ({PARTNERS}))"),
    "app_user": (
        KNOWN,
        f"({GOVERNS} OR {ADMINISTERS} AND @partner_id = ANY ({PARTNERS}))",
        f"({SIGNING_IN} OR @id = {USER} OR {GOVERNS} OR {ADMINISTERS} AND @partner_id = ANY ({PARTNERS}))",
    ),
    "role_held": (KNOWN, ADMINISTERS, ADMINISTERS),
    "duty": (KNOWN, MANAGES, MANAGES),
    "absence": (KNOWN, MANAGES, MANAGES),
    "district": (KNOWN, None, None),
    "lsoa": (KNOWN, None, None),
    "postcode": (KNOWN, None, None),
    "place": (SIGNED_IN, TAKES_CALLS, TAKES_CALLS),
    "delivery": (SIGNED_IN, None, None),
    "police_incident": (SIGNED_IN, None, None),
    # own
    "draft": (OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN),
    "submission": (OWN, OWN, OWN),
    "user_session": (f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})", SIGNING_IN, f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})"),
    "telling": (f"({OWN} OR {OVERSEES})", SIGNED_IN, SIGNED_IN),
    "answer": ("EXISTS (SELECT FROM alert a WHERE a.id = @alert_id)", OWN, OWN),
    # machine
    "installation": ("true", None, None),
    "alembic_version": ("true", None, None),
    "outbox": (SIGNED_IN, KNOWN, SIGNED_IN),
    "sweep_mark": (SIGNED_IN, None, None),
    "reference_counter": (SIGNED_IN, SIGNED_IN, SIGNED_IN),
    "quarantined_row": (COUNTS, None, COUNTS),
    # none: the record
    "audit_entry": (
        f"({_of('full_case', '@case_id')} OR @actor = ({USER})::text OR {_any_role('information_officer')})",
        None,
        None,
    ),
    "audit_payload": (None, None, None),
}
REMOVED = {"draft": OWN_OR_SIGNING_IN}
COMMANDS = (("web_read", "SELECT", "USING"), ("web_add", "INSERT", "WITH CHECK"), ("web_change", "UPDATE", "USING"))


def upgrade() -> None:
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} WITH (security_barrier) AS {query}")
        op.execute(f"GRANT SELECT ON {name} TO sentinel_web")
    for table, predicates in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker ON {table} TO sentinel_worker USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        for (policy, command, clause), predicate in zip(COMMANDS, predicates, strict=True):
            if predicate:
                op.execute(f"CREATE POLICY {policy} ON {table} FOR {command} TO sentinel_web {clause} ({_on(table + '.', predicate)})")
    for table, predicate in REMOVED.items():
        op.execute(f"CREATE POLICY web_remove ON {table} FOR DELETE TO sentinel_web USING ({_on(table + '.', predicate)})")
    for table in ("audit_entry", "audit_payload"):
        op.execute(f"CREATE POLICY sealer ON {table} FOR SELECT TO sentinel_sealer USING (true)")


def downgrade() -> None:
    for table in ("audit_entry", "audit_payload"):
        op.execute(f"DROP POLICY sealer ON {table}")
    for table in REMOVED:
        op.execute(f"DROP POLICY web_remove ON {table}")
    for table, predicates in POLICIES.items():
        for (policy, _, _), predicate in zip(COMMANDS, predicates, strict=True):
            if predicate:
                op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"DROP POLICY worker ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
