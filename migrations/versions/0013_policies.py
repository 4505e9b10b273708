"""The database agrees: row-level policies for every table, by its visibility class (design: core.md 4, rules.md "Who sees what").

A viewer is told at the start of every transaction (core/viewer.py); without one there are no rows. The web role is held to
these policies; the worker sees all rows as the system and none as anybody else; the owner, who migrates, is held to nothing. What stands here is the same rule as
`sentinel/cases/queries.py`; tests hold the two together.

What a viewer is and was granted is told to the database once, by `tell_viewer`, as settings of the transaction; a policy is then a
few comparisons and questions. (Views in place of questions were tried first: planning them cost more than the statement.)
"""

import re
from collections.abc import Iterator

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TOLD = "uuid, uuid[], uuid[], uuid[], text, boolean, text, text, text, timestamptz"
TELL_VIEWER = """
CREATE FUNCTION tell_viewer(who uuid, partners uuid[], works uuid[], teams uuid[], roles text, headlines boolean, actor text,
                            authority text, request text, frozen timestamptz)
RETURNS interval LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ahead interval := coalesce((SELECT clock_offset FROM installation), '0');
    moment timestamptz := coalesce(frozen, now() + ahead);
    shown uuid[] := works;
    granted uuid[] := '{}'; granted_full uuid[] := '{}'; named uuid[] := '{}'; parties uuid[] := '{}'; holders uuid[] := '{}'; waiting uuid[] := '{}';
BEGIN
    IF headlines THEN
        SELECT works || coalesce(array_agg(id), '{}') INTO shown FROM partner WHERE agreement_until >= london_day(moment);
    END IF;
    IF who IS NOT NULL THEN
        SELECT coalesce(array_agg(case_id) FILTER (WHERE level = 'headline' OR level = 'full' AND works <> '{}'), '{}'),
               coalesce(array_agg(case_id) FILTER (WHERE level = 'full' AND works <> '{}'), '{}'),
               coalesce(array_agg(case_id) FILTER (WHERE level = 'named'), '{}'),
               coalesce(array_agg(party_id) FILTER (WHERE party_id IS NOT NULL), '{}')
        INTO granted, granted_full, named, parties
        FROM case_grant WHERE grantee = ANY (partners || teams || who) AND until > moment;
    END IF;
    -- What a landlord's people took or own: the row of the report, and the headline of the case it led to.
    IF 'landlord' = ANY (string_to_array(roles, ',')) THEN
        SELECT coalesce(array_agg(r.id), '{}'), granted || coalesce(array_agg(r.case_id) FILTER (WHERE r.case_id IS NOT NULL), '{}')
        INTO holders, granted FROM report r
        WHERE NOT r.restricted AND (r.owner_partner_id = ANY (partners)
            OR r.taken_by IN (SELECT u.id FROM app_user u WHERE u.partner_id = ANY (partners)));
    END IF;
    -- Of a party that was referred to them, who holds the case or report: that row, and nothing that hangs on it.
    IF parties <> '{}' THEN
        SELECT holders || coalesce(array_agg(coalesce(c.id, r.id)), '{}') INTO holders FROM party y
        LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id AND y.case_id IS NULL
        WHERE y.id = ANY (parties) AND NOT coalesce(c.restricted, r.restricted, true);
    END IF;
    -- What waits for an answer of this viewer: as it stood when the transaction began, so that the answer itself may still be written.
    IF works <> '{}' THEN
        SELECT coalesce(array_agg(coalesce(report_id, case_id)), '{}') INTO waiting
        FROM handover WHERE state = 'offered' AND to_team_id = ANY (teams);
    END IF;
    IF 'governance' = ANY (string_to_array(roles, ',')) THEN
        SELECT waiting || coalesce(array_agg(id), '{}') INTO waiting FROM report WHERE unrouted AND state = 'received';
    END IF;
    -- A report that names somebody on a restricted case is for those who are named on it to read.
    IF named <> '{}' THEN
        SELECT waiting || coalesce(array_agg(t.report_id), '{}') INTO waiting
        FROM restricted_touch t JOIN asb_case c ON c.id = t.case_id WHERE c.restricted AND t.case_id = ANY (named);
    END IF;
    PERFORM set_config('sentinel.' || name, value, true) FROM (VALUES
        ('user', coalesce(who::text, '')), ('partners', partners::text), ('works', works::text), ('teams', teams::text),
        ('grantees', (partners || teams || who)::text), ('roles', roles), ('headline', CASE WHEN headlines THEN 'on' ELSE '' END),
        ('actor', actor), ('authority', authority), ('request', request), ('at', moment::text), ('shown', shown::text),
        ('granted', granted::text), ('granted_full', granted_full::text), ('named', named::text), ('parties', parties::text),
        ('holders', holders::text), ('waiting', waiting::text)) AS setting (name, value);
    RETURN ahead;
END $$
"""

# One open referral for each agency and person, whoever may see it: a second one has to know that the first is there, not what it says.
OPEN_REFERRAL = """
CREATE FUNCTION open_referral(agency uuid, person uuid, here uuid) RETURNS TABLE (id uuid, state text, hidden boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.id, f.state::text, coalesce(c.restricted, r.restricted, false) AND y.case_id IS DISTINCT FROM here
    FROM referral f JOIN party y ON y.id = f.party_id LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id
    WHERE f.agency_id = agency AND f.person_id = person AND f.state IN ('held', 'open', 'acknowledged', 'accepted', 'contacted')
$$
"""
# An agency does not see the reports of somebody referred to it; that there is a new one since, it is told.
REPORTED_SINCE = """
CREATE FUNCTION reported_since(of_referral uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(r.received_at) FROM referral f
    JOIN person p ON p.canonical_id = f.person_id JOIN party y ON y.person_id = p.id AND y.role = 'victim'
    JOIN report r ON r.id = y.report_id
    WHERE f.id = of_referral AND f.party_id = ANY (nullif(current_setting('sentinel.parties', true), '')::uuid[])
      AND r.state <> 'withdrawn' AND NOT r.restricted AND r.received_at > f.referred_at
$$
"""
# A person who is attached to a report brings their number along; on whose case it was given is not said.
WAYS_TO_REACH = """
CREATE FUNCTION ways_to_reach(who uuid) RETURNS TABLE (kind text, value text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.kind::text, k.value::text FROM person_contact k JOIN person p ON p.id = k.person_id
    WHERE k.person_id = who AND (current_setting('sentinel.actor', true) LIKE 'system:%'
        OR seen_person(p.canonical_id))
    ORDER BY k.added_at
$$
"""
# Searches and exports that showed people of a case, for its record of access: found by index, which no policy could use (core.md 7).
SHOWING = """
CREATE FUNCTION audit_showing(of_case uuid) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.id FROM audit_entry e
    WHERE e.kind <> 'change' AND e.kind IN ('search', 'export') AND e.case_id IS DISTINCT FROM of_case
      AND e.person_ids && ARRAY(SELECT y.person_id FROM party y WHERE y.case_id = of_case)
      AND (current_setting('sentinel.actor', true) LIKE 'system:%' OR full_case(of_case))
$$
"""
# That a message went, or did not, says that there is somebody: those about a restricted case are for the people named on it.
OF_RESTRICTED = """
CREATE FUNCTION message_is_secret(about text, about_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM party y LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id
        WHERE y.id = coalesce((SELECT f.party_id FROM referral f WHERE about = 'referral' AND f.id = about_id), about_id)
          AND (c.restricted OR r.restricted)
          AND NOT coalesce(c.id = ANY (nullif(current_setting('sentinel.named', true), '')::uuid[]), false))
$$
"""
FUNCTIONS = {f"tell_viewer({TOLD})": TELL_VIEWER, "open_referral(uuid, uuid, uuid)": OPEN_REFERRAL,
             "reported_since(uuid)": REPORTED_SINCE, "ways_to_reach(uuid)": WAYS_TO_REACH, "message_is_secret(text, uuid)": OF_RESTRICTED,
    "audit_showing(uuid)": SHOWING}  # fmt: skip


def _setting(name: str, kind: str) -> str:
    """Read once for each statement, not once for each row."""
    return f"(SELECT nullif(current_setting('sentinel.{name}', true), '')::{kind})"


def _among(column: str, name: str) -> str:
    return f"{column} = ANY ({_setting(name, 'uuid[]')}::uuid[])"


def _any_role(*roles: str) -> str:
    wanted = ", ".join(f"'{role}'" for role in roles)
    return f"(SELECT string_to_array(current_setting('sentinel.roles', true), ',') && ARRAY[{wanted}])"


def _on(table: str, predicate: str) -> str:
    """The predicate, whose columns are marked with @, about the rows of `table` (its name or alias, with a dot)."""
    return predicate.replace("@", table)


def _of_rows(holds: str) -> str:
    """What must hold of one row (c_, r_ and y_ its columns), about rows of a query."""
    return re.sub(r"\b([cry])_(?=[a-z_]+\b)", r"\1.", holds)


def _at_once(asked: str) -> str:
    """The same with settings read where they stand: of a single row a sub-select for each costs more than reading it."""
    return asked.replace("(SELECT nullif(current_setting(", "(nullif(current_setting(").replace(
        "(SELECT string_to_array(", "(string_to_array("
    )


def _hung(table: str) -> str:
    """The rows x of a table that hangs on a party, with that party's case or report."""
    return f"public.{table} x JOIN {OF_PARTIES.replace('public.party y', 'public.party y ON y.id = x.party_id')}"


def _questions() -> Iterator[tuple[str, str]]:
    for name, (row, holds) in OF_ONE.items():
        used = sorted(set(re.findall(r"\b([cry])_([a-z_]+)\b", holds)))
        words = {
            "variables": "; ".join(f"{row_}_{column} public.{TABLES[row_]}.{column}%TYPE" for row_, column in used),
            "columns": ", ".join(f"{row_}.{column}" for row_, column in used),
            "names": ", ".join(f"{row_}_{column}" for row_, column in used),
        }
        yield f"{name}(uuid)", ANSWER_OF_ONE.format(name=name, row=row, holds=_at_once(holds), **words)
    for name, (kind, looked_for) in OF_ANY.items():
        yield f"{name}({kind})", ANSWER_OF_ANY.format(name=name, kind=kind, looked_for=_at_once(looked_for))


USER = _setting("user", "uuid")
NOW = _setting("at", "timestamptz")
SIGNED_IN = f"({USER} IS NOT NULL)"
SYSTEM = "(SELECT current_setting('sentinel.actor', true) LIKE 'system:%')"
SIGNING_IN = "(SELECT current_setting('sentinel.actor', true) = 'system:sign-in')"
KNOWN = f"({SIGNED_IN} OR {SIGNING_IN})"
TAKES_CALLS = _any_role("call_taker", "practitioner", "supervisor")
INFORMS = _any_role("information_officer")
GOVERNS = _any_role("governance")
MANAGES = _any_role("supervisor", "service_manager", "local_admin", "governance")
OVERSEES = _any_role("supervisor", "service_manager", "governance")
ADMINISTERS = _any_role("local_admin", "governance")
COUNTS = _any_role("governance", "analyst")
WORKS_CASES = _any_role("practitioner", "supervisor")
WORKS_IN_TEAM = f"({_among('@to_team_id', 'teams')} AND {WORKS_CASES})"

HEADLINE = f"""(NOT @restricted AND ({_among("@owner_partner_id", "shown")} OR {_among("@id", "granted")}) OR {_among("@id", "named")})"""
FULL = f"""(NOT @restricted AND ({_among("@owner_partner_id", "works")} OR {_among("@id", "granted_full")}) OR {_among("@id", "named")})"""
# A report before it has a case, or seen for its own sake: one's own until triage, one's partner's, one nobody owns, one offered.
READ_REPORT = f"""(@taken_by = {USER} AND @state = 'received' OR NOT @restricted AND ({_among("@owner_partner_id", "works")}
    OR {_among("@id", "waiting")}))"""
KNOW_REPORT = f"""(@case_id IS NULL AND NOT @restricted AND {_among("@owner_partner_id", "shown")} OR {READ_REPORT})"""

TABLES = {"c": "asb_case", "r": "report", "y": "party"}
OF_PARTIES = """public.party y LEFT JOIN public.asb_case c ON c.id = y.case_id
    LEFT JOIN public.report r ON r.id = y.report_id AND y.case_id IS NULL"""
OF_PEOPLE = f"public.person p JOIN {OF_PARTIES.replace('public.party y', 'public.party y ON y.person_id = p.id')}"
OF_REPORTS = "public.report r LEFT JOIN public.asb_case c ON c.id = r.case_id"
PARTY_SEEN = f"({_on('c_', HEADLINE)} OR {_on('r_', KNOW_REPORT)} OR {_among('y_id', 'parties')})"
PARTY_FULL = f"({_on('c_', FULL)} OR {_on('r_', READ_REPORT)})"

ALERT = f"""(public.told_of(@id) OR CASE WHEN @case_id IS NOT NULL THEN public.seen_case(@case_id)
    WHEN @report_id IS NOT NULL THEN public.seen_report(@report_id)
    ELSE {SIGNED_IN} AND ({_among("@owner_partner_id", "partners")} OR {_among("@agency_id", "partners")} OR {GOVERNS}) END)"""

# What a row hangs on is asked by questions: functions that answer yes or no, as the owner, so that none sets off a policy. They
# are plpgsql, which keeps their plan for as long as the connection lives, and name everything in full, which is quicker than a
# search_path of their own. Of one row by its key: its name, what is asked, and what must hold of it (c_, r_ and y_ are its columns).
OF_ONE = {
    "full_case": ("public.asb_case c WHERE c.id", _on("c_", FULL)),
    "seen_case": ("public.asb_case c WHERE c.id", _on("c_", HEADLINE)),
    "full_report": (f"{OF_REPORTS} WHERE r.id", f"({_on('r_', READ_REPORT)} OR {_on('c_', FULL)})"),
    "seen_report": (f"{OF_REPORTS} WHERE r.id", f"({_on('r_', KNOW_REPORT)} OR {_on('c_', HEADLINE)})"),
    "full_party": (f"{OF_PARTIES} WHERE y.id", PARTY_FULL),
    "seen_party": (f"{OF_PARTIES} WHERE y.id", PARTY_SEEN),
    "full_episode": (f"{_hung('high_episode')} WHERE x.id", PARTY_FULL),
    "full_contact": (f"{_hung('contact')} WHERE x.id", PARTY_FULL),
}
ANSWER_OF_ONE = """
CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
DECLARE {variables};
BEGIN
    SELECT {columns} INTO {names} FROM {row} = wanted;
    RETURN coalesce({holds}, false);
END $$
"""
# Of any row there may be: its name, the kind of its key, and what is looked for.
OF_ANY = {
    "seen_incident": ("uuid", f"{OF_REPORTS} WHERE r.incident_id = wanted AND ({_on('r.', KNOW_REPORT)} OR {_on('c.', HEADLINE)})"),
    "seen_person": ("uuid", f"{OF_PEOPLE} WHERE p.canonical_id = wanted AND {_of_rows(PARTY_SEEN)}"),
    "full_person": (
        "uuid",
        f"{OF_PEOPLE} WHERE p.canonical_id = (SELECT q.canonical_id FROM public.person q WHERE q.id = wanted) AND {_of_rows(PARTY_FULL)}",
    ),
    "full_subject": ("uuid[]", f"{OF_PARTIES} WHERE y.person_id = ANY (wanted) AND {_of_rows(PARTY_FULL)}"),
    "referral_of_episode": ("uuid", "public.episode_referral e WHERE e.referral_id = wanted AND public.full_episode(e.episode_id)"),
    "full_referral": (
        "uuid",
        "public.referral f WHERE f.id = wanted AND (public.full_party(f.party_id) OR public.referral_of_episode(f.id))",
    ),
    "agency_referral": ("uuid", f"public.referral f WHERE f.id = wanted AND {_among('f.party_id', 'parties')} AND f.state <> 'held'"),
    "agency_case": ("uuid", f"public.party y WHERE y.case_id = wanted AND {_among('y.id', 'parties')}"),
    "told_of": ("bigint", f"public.telling t WHERE t.alert_id = wanted AND t.user_id = {USER}"),
    "seen_alert": ("bigint", f"public.alert a WHERE a.id = wanted AND {_on('a.', ALERT)}"),
}
ANSWER_OF_ANY = """
CREATE FUNCTION {name}(wanted {kind}) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN RETURN EXISTS (SELECT FROM {looked_for}); END $$
"""

PERSON_SEEN = "seen_person(@canonical_id)"
PERSON_FULL = "full_person(@person_id)"
OF_CASE = "full_case(@case_id)"
OF_PARTY = "full_party(@party_id)"
OF_AGENCY_PARTY = _among("@party_id", "parties")
OF_AGENCY_REFERRAL = "agency_referral(@referral_id)"
OF_CONTACT = "full_contact(@contact_id)"
OF_EPISODE = "full_episode(@episode_id)"
# In columns of its own, not by a question about itself: a row that is being added is not there yet.
REFERRAL = f"({OF_PARTY} OR {OF_AGENCY_PARTY} AND @state <> 'held' OR referral_of_episode(@id))"
OF_REFERRAL = f"(full_referral(@referral_id) OR {OF_AGENCY_REFERRAL})"
STORY = "(full_case(@case_id) OR @case_id IS NULL AND full_report(@report_id))"
STORY_ADD = f"(seen_case(@case_id) OR seen_report(@report_id) OR {OF_AGENCY_PARTY})"
OF_EITHER = "CASE WHEN @case_id IS NOT NULL THEN {how}_case(@case_id) ELSE {how}_report(@report_id) END"
ENTERED = "(seen_case(@case_id) OR agency_case(@case_id))"  # a line on the story by whoever may write one
SHOWS = "@kind IN ('search', 'export') AND full_subject(@person_ids)"
OWN = f"@user_id = {USER}"
OWN_OR_SIGNING_IN = f"({OWN} OR {SIGNING_IN})"
GRANT_ADD = f"""(
    {OF_CASE}
    OR @level = 'full' AND {_among("@grantee", "teams")} AND {WORKS_CASES} AND seen_case(@case_id)
    OR @level = 'contact' AND {OF_PARTY})"""

GRANTED_ON = f"(CASE WHEN @case_id IS NOT NULL THEN {OF_CASE} ELSE {OF_PARTY} END)"
# An agency that closes a referral ends its own grant.
GRANT_CHANGE = (
    f"({GRANTED_ON} OR @level = 'contact' AND {_among('@grantee', 'partners')})",
    f"({GRANTED_ON} OR @level = 'contact' AND {_among('@grantee', 'partners')} AND @until < {NOW} + interval '30 days')",
)

# Table: who may read which rows, add which, change which. None: nobody may.
Predicate = str | tuple[str, str] | None  # of a change: of the row as it was, and as it will be, where the two differ
POLICIES: dict[str, tuple[Predicate, Predicate, Predicate]] = {
    # headline
    "asb_case": (
        f"({HEADLINE} OR {_among('@id', 'holders')})",
        _among("@owner_partner_id", "works"),
        f"({FULL} OR {_among('@id', 'waiting')})",
    ),
    "report": (
        f"({KNOW_REPORT} OR seen_case(@case_id) OR {_among('@id', 'holders')})",
        f"@taken_by = {USER} AND {TAKES_CALLS}",
        f"({READ_REPORT} OR {OF_CASE})",
    ),
    "party": (
        f"({OF_EITHER.format(how='seen')} OR {_among('@id', 'parties')})",
        OF_EITHER.format(how="full"),
        OF_EITHER.format(how="full"),
    ),
    "promise": ("seen_party(@party_id)", "seen_party(@party_id)", "seen_party(@party_id)"),
    "high_episode": ("seen_party(@party_id)", OF_PARTY, OF_PARTY),
    "person": (PERSON_SEEN, TAKES_CALLS, PERSON_SEEN),
    "incident": ("seen_incident(@id)", TAKES_CALLS, None),
    "case_clock": (ENTERED, ENTERED, ENTERED),
    "alert": (ALERT, SIGNED_IN, ALERT),
    # full
    "case_detail": (OF_CASE, OF_CASE, OF_CASE),
    "report_detail": ("full_report(@report_id)",) * 3,
    "party_detail": (f"({OF_PARTY} OR {OF_AGENCY_PARTY})", OF_PARTY, OF_PARTY),
    "case_event": (STORY, STORY_ADD, None),
    "break_glass": (f"({OF_CASE} OR @opened_by = {USER})", None, f"({OF_CASE} AND @opened_by <> {USER})"),
    "restricted_touch": (OF_CASE, None, OF_CASE),
    "case_action": (OF_CASE, OF_CASE, OF_CASE),
    "handover": (f"({STORY} OR {WORKS_IN_TEAM})", STORY, f"({STORY} OR {WORKS_IN_TEAM})"),
    "case_grant": (f"({_among('@grantee', 'grantees')} OR {GRANTED_ON})", GRANT_ADD, GRANT_CHANGE),
    "assessment": (f"({OF_PARTY} OR {OF_AGENCY_PARTY} AND @effective = 'high')", OF_PARTY, OF_PARTY),
    "contact_plan": (f"({OF_PARTY} OR {OF_AGENCY_PARTY})", OF_PARTY, OF_PARTY),
    "contact": (OF_PARTY, OF_PARTY, OF_PARTY),
    "contact_covers": (OF_CONTACT, OF_CONTACT, None),
    "person_contact": (PERSON_FULL, TAKES_CALLS, PERSON_FULL),
    "residence": (PERSON_FULL, TAKES_CALLS, PERSON_FULL),
    "intervention": (OF_CASE, OF_CASE, OF_CASE),
    "document": (OF_CASE, f"({OF_CASE} AND @added_by = {USER})", OF_CASE),
    "supervision_review": (OF_PARTY, OF_PARTY, OF_PARTY),
    "multi_agency_proposal": (OF_PARTY, OF_PARTY, OF_PARTY),
    "episode_referral": (f"({OF_EPISODE} OR {OF_AGENCY_REFERRAL})", OF_EPISODE, OF_EPISODE),
    "referral": (REFERRAL, OF_PARTY, REFERRAL),
    "referral_event": (OF_REFERRAL, OF_REFERRAL, None),
    # open
    "partner": (KNOWN, GOVERNS, f"({GOVERNS} OR {ADMINISTERS} AND {_among('@id', 'partners')})"),
    "team": (KNOWN, ADMINISTERS, f"({GOVERNS} OR {ADMINISTERS} AND {_among('@partner_id', 'partners')})"),
    "app_user": (
        KNOWN,
        f"({GOVERNS} OR {ADMINISTERS} AND {_among('@partner_id', 'partners')})",
        f"({SIGNING_IN} OR @id = {USER} OR {GOVERNS} OR {ADMINISTERS} AND {_among('@partner_id', 'partners')})",
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
    "break_glass_try": (OWN, None, None),
    "declared_interest": (OWN, OWN, OWN),
    "record_question": (OWN, f"({OWN} AND {INFORMS})", None),
    "credential": (OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN),
    "access_link": (
        f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})",
        f"({SIGNING_IN} OR {ADMINISTERS})",
        f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})",
    ),
    "recovery_code": (OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN),
    "draft": (OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN, OWN_OR_SIGNING_IN),
    "submission": (OWN, OWN, OWN),
    "user_session": (f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})", SIGNING_IN, f"({OWN_OR_SIGNING_IN} OR {ADMINISTERS})"),
    "telling": (f"({OWN} OR {OVERSEES})", SIGNED_IN, SIGNED_IN),
    "answer": ("seen_alert(@alert_id)", OWN, OWN),
    # machine
    "installation": ("true", None, None),
    "alembic_version": ("true", None, None),
    "outbox": (f"({KNOWN} AND NOT message_is_secret(@ref_table, @ref_id))", KNOWN, SIGNED_IN),
    "look_mark": (None, None, None),
    "sign_in_try": (KNOWN, KNOWN, KNOWN),
    "sweep_mark": (SIGNED_IN, None, None),
    "reference_counter": (SIGNED_IN, SIGNED_IN, SIGNED_IN),
    "quarantined_row": (COUNTS, None, COUNTS),
    # none: the record
    "audit_entry": (
        f"(full_case(@case_id) OR @actor = ({USER})::text OR {INFORMS} OR {SHOWS})",
        None,
        None,
    ),
    "audit_payload": (None, None, None),
    "audit_seal": (f"({INFORMS} OR {GOVERNS})", None, None),
    "disposal": (None, None, None),
    "look_flag": (f"({INFORMS} AND @user_id <> {USER})", None, f"({INFORMS} AND @user_id <> {USER})"),
}
OF_NOBODY = ("installation", "alembic_version")  # asked before anybody is known: is this a demonstration, is its schema ours
REMOVED = {"draft": OWN_OR_SIGNING_IN, "recovery_code": OWN_OR_SIGNING_IN, "sign_in_try": KNOWN}
COMMANDS = (("web_read", "SELECT", "USING"), ("web_add", "INSERT", "WITH CHECK"), ("web_change", "UPDATE", "USING"))


def upgrade() -> None:
    for signature, function in (*_questions(), *FUNCTIONS.items()):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO sentinel_web, sentinel_worker")
    for table, predicates in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        as_worker = "true" if table in OF_NOBODY else SYSTEM
        op.execute(f"CREATE POLICY worker ON {table} TO sentinel_worker USING ({as_worker}) WITH CHECK ({as_worker})")
        for (policy, command, clause), predicate in zip(COMMANDS, predicates, strict=True):
            if isinstance(predicate, tuple):
                before, after = (_on(f"{table}.", part) for part in predicate)
                op.execute(f"CREATE POLICY {policy} ON {table} FOR {command} TO sentinel_web USING ({before}) WITH CHECK ({after})")
            elif predicate:
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
    for signature in (*FUNCTIONS, *dict(_questions())):
        op.execute(f"DROP FUNCTION {signature}")
