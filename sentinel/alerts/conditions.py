"""What triggers watch: for each condition a SELECT of the facts that hold at :at, one row a subject.

Columns: subject_id, since (the moment config/agreed/names.py says the condition counts from), case_id, report_id, party_id,
officer_id and team_id where the case or report does not say, agency_id (a partner), enhanced. A subject that is a person with an
account is never told of it. The sweep compares `since` with moments worked out in Python; here is no working time.
Which rooms' tables are read is their reason to stand in one file: a fact that nobody watches is found by reading it.
"""

COLUMNS = ("case_id", "report_id", "party_id", "officer_id", "team_id", "agency_id")

LIVE_CASE = "c.state IN ('open', 'closure_proposed')"
# A victim we owe something: on a live case, or on a report that nobody has decided yet.
OF_LIVE_VICTIMS = """party y LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id
    LEFT JOIN party_detail yd ON yd.party_id = y.id LEFT JOIN report_detail rd ON rd.report_id = y.report_id"""
LIVE_VICTIM = f"y.role = 'victim' AND ({LIVE_CASE} OR (y.case_id IS NULL AND r.state = 'received'))"
MAY_BE_TOLD = """y.contactable AND (yd.safe_to_approach_by IS NOT NULL
    OR NOT (coalesce(yd.may_not_know, false) OR coalesce(rd.relation, '') = 'partner_or_family'))"""
CAN_SIGN_IN = "u.disabled_at IS NULL AND u.vetted_until >= london_day(:at)"
# Restricted cases are facts of their own, told to the people named: others would learn from the officer's absence that there are some.
HOLDS_CASES = f"EXISTS (SELECT FROM asb_case c WHERE c.officer_id = u.id AND NOT c.restricted AND {LIVE_CASE})"  # noqa: S608
COVERED = "EXISTS (SELECT FROM absence a WHERE a.user_id = u.id AND a.cover_user_id IS NOT NULL AND away_on(a, :at))"
FIRST_CASE = f"(SELECT min(c.opened_at) FROM asb_case c WHERE c.officer_id = u.id AND NOT c.restricted AND {LIVE_CASE})"  # noqa: S608
TEAM_OF = "(SELECT h.team_id FROM role_held h WHERE h.user_id = u.id ORDER BY h.role = 'practitioner' DESC, h.team_id LIMIT 1)"


def watch(subject: str, since: str, source: str, where: str, *, enhanced: str = "false", **columns: str) -> str:
    """A condition: the facts in `source` of which `where` holds, with the columns that are not given left empty."""
    given = ", ".join(f"{columns.get(name, 'NULL')}::uuid AS {name}" for name in COLUMNS)
    return f"SELECT {subject} AS subject_id, {since} AS since, {given}, {enhanced} AS enhanced FROM {source} WHERE {where}"  # noqa: S608


def _reports(where: str, since: str = "r.received_at", source: str = "report r") -> str:
    return watch("r.id", since, source, f"r.state = 'received' AND {where}", report_id="r.id", enhanced="coalesce(r.level = 'high', false)")


def _victims(since: str, where: str) -> str:
    return watch(
        "y.id",
        since,
        OF_LIVE_VICTIMS,
        f"{LIVE_VICTIM} AND {where}",
        case_id="y.case_id",
        report_id="y.report_id",
        party_id="y.id",
        enhanced="y.klass = 'enhanced'",
    )


def _referrals(since: str, where: str) -> str:
    return watch(
        "f.id",
        since,
        "referral f JOIN party y ON y.id = f.party_id",
        where,
        case_id="y.case_id",
        report_id="y.report_id",
        party_id="y.id",
        agency_id="f.agency_id",
        enhanced="y.klass = 'enhanced'",
    )


def _people(since: str, where: str) -> str:
    return watch("u.id", since, "app_user u", where, team_id=TEAM_OF)


def _restricted(since: str, where: str) -> str:
    held = f"c.restricted AND {LIVE_CASE} AND {where}"
    return watch("c.id", since, "asb_case c JOIN app_user u ON u.id = c.officer_id", held, case_id="c.id")


# Sentinel's own repair (repair.py) does not end the fact. It is known by its cause: the party, or its last promise, with a mark,
# because excusing or waiving a promise makes the next one with that promise as its cause. Where there is a promise of another kind,
# the first found is enough.
REPAIRED = "md5('repaired ' || {})::uuid"
VICTIM_WITHOUT_PROMISE = _victims(
    "CAST(:at AS timestamptz)",
    f"""{MAY_BE_TOLD} AND (SELECT true FROM promise p WHERE p.party_id = y.id AND p.state = 'open' AND p.kind <> 'cadence' LIMIT 1) IS NULL
    AND NOT EXISTS (SELECT FROM promise p WHERE p.party_id = y.id AND p.state = 'open' AND p.kind = 'cadence'
        AND p.cause_id <> {REPAIRED.format("y.id")}
        AND p.cause_id NOT IN (SELECT {REPAIRED.format("q.id")} FROM promise q WHERE q.party_id = y.id))""",  # noqa: S608
)
HIGH_EPISODE_UNSEEN = watch(
    "e.id",
    "e.opened_at",
    "high_episode e JOIN party y ON y.id = e.party_id",
    "e.ended_at IS NULL AND NOT EXISTS (SELECT FROM supervision_review v WHERE v.episode_id = e.id AND v.done_at IS NOT NULL)",
    case_id="y.case_id",
    report_id="y.report_id",
    party_id="y.id",
    enhanced="true",
)
REPORT_NOT_SCREENED = _reports("r.screened_at IS NULL AND EXISTS (SELECT FROM party y WHERE y.report_id = r.id AND y.role = 'victim')")
REPORT_NOT_TRIAGED = _reports("true")
FULL_ASSESSMENT_MISSING = _victims("y.assess_by", "y.assess_by IS NOT NULL")
REASSESSMENT_MISSING = watch(
    "c.id",
    "k.next_review_at",
    "case_clock k JOIN asb_case c ON c.id = k.case_id",
    LIVE_CASE,
    case_id="c.id",
    enhanced="coalesce(c.level = 'high', false)",
)
CASE_QUIET = watch("c.id", "k.last_entry_at", "case_clock k JOIN asb_case c ON c.id = k.case_id", LIVE_CASE, case_id="c.id")
SUPERVISION_REVIEW_MISSING = watch(
    "v.id",
    "v.due_at",
    "supervision_review v JOIN high_episode e ON e.id = v.episode_id JOIN party y ON y.id = v.party_id",
    "v.done_at IS NULL AND v.ended_at IS NULL AND e.ended_at IS NULL",
    case_id="y.case_id",
    report_id="y.report_id",
    party_id="y.id",
    enhanced="true",
)
INTERVENTION_ENDING = watch(
    "i.id",
    "(i.ends_on::timestamp AT TIME ZONE 'Europe/London')",
    "intervention i",
    "i.state IN ('in_force', 'breached') AND i.ends_on IS NOT NULL AND i.looked_after_by IS NULL",
    case_id="i.case_id",
)
# Nobody has been spoken to since the fifth working day before: over with the contact that keeps what was promised.
# A tighter promise that was made beside that one is about the same hearing.
UNPREPARED = """party y JOIN promise p ON p.party_id = y.id AND p.kind = 'hearing_eve' AND p.state = 'open'
    LEFT JOIN promise beside ON beside.id = p.tightens_id
    WHERE y.case_id = h.case_id AND h.id IN (p.cause_id, beside.cause_id)"""
HEARING_NEAR = watch(
    "h.id",
    f"(SELECT min(p.starts_at) FROM {UNPREPARED})",  # noqa: S608
    "hearing h",
    f"h.state = 'set' AND EXISTS (SELECT FROM {UNPREPARED} AND p.starts_at <= :at)",  # noqa: S608
    case_id="h.case_id",
)
# Its case has closed, or is about to: whoever looks after it hears, not the officer the case had.
INTERVENTION_HANDED_ON = watch(
    "i.id",
    "(i.looked_after_until::timestamp AT TIME ZONE 'Europe/London')",
    "intervention i",
    "i.state IN ('in_force', 'breached') AND i.looked_after_until IS NOT NULL",
    case_id="i.case_id",
    officer_id="i.looked_after_by",
)
REFERRAL_NOT_ACKNOWLEDGED = _referrals("f.referred_at", "f.state = 'open'")
REFERRAL_NOT_CONTACTED = _referrals("f.referred_at", "f.state IN ('open', 'acknowledged', 'accepted')")
# Over when the victim has been spoken to since, or was referred again: there is nothing more to do about that refusal.
REFERRAL_DECLINED = _referrals(
    "f.ended_at",
    """f.state = 'declined' AND f.ended_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM contact k WHERE k.person_id = f.person_id AND k.outcome = 'reached' AND k.occurred_at > f.ended_at)
    AND NOT EXISTS (SELECT FROM referral again WHERE again.person_id = f.person_id AND again.referred_at > f.ended_at)
    AND NOT EXISTS (SELECT FROM asb_case c WHERE c.id = y.case_id AND c.state = 'closed')""",
)
REFERRAL_FAILED = _referrals(
    "(SELECT min(o.failed_at) FROM outbox o WHERE o.ref_table = 'referral' AND o.ref_id = f.id AND o.state IN ('failed', 'uncertain'))",
    """f.state IN ('open', 'acknowledged', 'accepted', 'contacted') AND EXISTS (SELECT FROM outbox o
    WHERE o.ref_table = 'referral' AND o.ref_id = f.id AND o.state IN ('failed', 'uncertain'))""",
)
REFERRAL_UNRECEIVED = _referrals(
    "f.referred_at",
    f"""f.state IN ('open', 'acknowledged', 'accepted') AND NOT EXISTS (SELECT FROM role_held h JOIN team t ON t.id = h.team_id
    JOIN app_user u ON u.id = h.user_id WHERE t.partner_id = f.agency_id AND h.role = 'victim_first' AND {CAN_SIGN_IN})""",
)
REFERRAL_HELD = _referrals("f.referred_at", "f.state = 'held'")
# Asked, still waiting, and no supervisor has come who can sign.
SIGNATURE_ASKED = watch(
    "c.id",
    "d.sign_asked_at",
    "case_detail d JOIN asb_case c ON c.id = d.case_id",
    f"d.sign_asked_at IS NOT NULL AND {LIVE_CASE} AND nobody_signs(c.id, :at) AND cardinality(unsigned(c.id, :attempts)) > 0",
    case_id="c.id",
    enhanced="true",
)
ACTION_NOT_DONE = watch("n.id", "n.due_at", "case_action n", "n.done_at IS NULL", case_id="n.case_id", officer_id="n.owner_id")
SAFEGUARDING_UNANSWERED = watch(
    "r.id",
    "r.received_at",
    "report r JOIN report_detail d ON d.report_id = r.id",
    "d.safeguarding_by IS NOT NULL AND d.safeguarding_done_at IS NULL AND r.state <> 'withdrawn'",
    case_id="r.case_id",
    report_id="r.id",
    enhanced="true",
)
# The threshold of the case review is met: the supervisor knows, until the victim has been told.
REVIEW_MAY_BE_ASKED = _victims(
    "(SELECT min(p.starts_at) FROM promise p WHERE p.party_id = y.id AND p.kind = 'may_apply' AND p.state = 'open')",
    "EXISTS (SELECT FROM promise p WHERE p.party_id = y.id AND p.kind = 'may_apply' AND p.state = 'open')",
)
# Reports are counted back from the latest one, and stay a repeat as long again. What stays visible to some only is not counted
# for others: restricted reports are left out of both.
REPEAT_VICTIM = """
SELECT v.subject_id, v.since, v.case_id, v.report_id, v.party_id, NULL::uuid AS officer_id, NULL::uuid AS team_id,
    NULL::uuid AS agency_id, v.enhanced
FROM (SELECT x.subject_id, max(x.received_at) AS since, count(DISTINCT x.incident) AS incidents,
        (array_agg(x.case_id ORDER BY x.received_at DESC))[1] AS case_id, (array_agg(x.id ORDER BY x.received_at DESC))[1] AS report_id,
        (array_agg(x.party_id ORDER BY x.received_at DESC))[1] AS party_id, bool_or(x.klass = 'enhanced') AS enhanced
    FROM (SELECT n.canonical_id AS subject_id, r.id, r.case_id, r.received_at, coalesce(r.incident_id, r.id) AS incident, y.id AS party_id,
            y.klass, max(r.received_at) OVER (PARTITION BY n.canonical_id) AS latest
        FROM report r JOIN party y ON y.report_id = r.id AND y.role = 'victim' JOIN person n ON n.id = y.person_id
        WHERE r.received_at > london_before(:at, 2 * make_interval(months => :months)) AND r.received_at <= :at
          AND NOT r.restricted AND r.state <> 'withdrawn') AS x
    WHERE x.received_at > london_before(x.latest, make_interval(months => :months))
      AND x.latest > london_before(:at, make_interval(months => :months))
    GROUP BY x.subject_id) AS v
WHERE v.incidents >= :incidents AND NOT EXISTS (SELECT FROM assessment s JOIN party y ON y.id = s.party_id
    JOIN person n ON n.id = y.person_id WHERE n.canonical_id = v.subject_id AND s.kind = 'full' AND s.assessed_at >= v.since)
"""
REPEAT_LOCATION = """
SELECT md5(v.building)::uuid AS subject_id, v.since, v.case_id, v.report_id, NULL::uuid AS party_id, NULL::uuid AS officer_id,
    NULL::uuid AS team_id, NULL::uuid AS agency_id, false AS enhanced
FROM (SELECT x.building, max(x.received_at) AS since, count(DISTINCT x.incident) AS incidents,
        (array_agg(x.case_id ORDER BY x.received_at DESC))[1] AS case_id, (array_agg(x.id ORDER BY x.received_at DESC))[1] AS report_id
    FROM (SELECT p.building_key AS building, r.id, r.case_id, r.received_at, coalesce(r.incident_id, r.id) AS incident,
            max(r.received_at) OVER (PARTITION BY p.building_key) AS latest
        FROM report r JOIN place p ON p.id = r.place_id
        WHERE r.received_at > london_before(:at, 2 * make_interval(days => :days)) AND r.received_at <= :at
          AND NOT r.restricted AND r.state <> 'withdrawn') AS x
    WHERE x.received_at > london_before(x.latest, make_interval(days => :days))
      AND x.latest > london_before(:at, make_interval(days => :days))
    GROUP BY x.building) AS v
WHERE v.incidents >= :incidents
"""
GONE_SINCE = "least(u.disabled_at, (u.vetted_until + 1)::timestamp AT TIME ZONE 'Europe/London')"
OFFICER_AWAY = f"""{_people(f"coalesce(u.last_seen_at, {FIRST_CASE})", f"{CAN_SIGN_IN} AND NOT {COVERED} AND {HOLDS_CASES}")}
UNION ALL {_restricted("coalesce(u.last_seen_at, c.opened_at)", f"{CAN_SIGN_IN} AND NOT {COVERED}")}"""
OFFICER_GONE = f"""{_people(GONE_SINCE, f"NOT ({CAN_SIGN_IN}) AND {HOLDS_CASES}")}
UNION ALL {_restricted(GONE_SINCE, f"NOT ({CAN_SIGN_IN})")}"""
VETTING_ENDING = _people("u.vetted_until::timestamp AT TIME ZONE 'Europe/London'", "u.disabled_at IS NULL")
AGREEMENT_ENDING = watch(
    "p.id",
    "p.agreement_until::timestamp AT TIME ZONE 'Europe/London'",
    "partner p",
    "p.successor_id IS NULL",
    team_id="(SELECT t.id FROM team t WHERE t.partner_id = p.id ORDER BY t.id LIMIT 1)",
)
# A letter, text or e-mail that somebody outside was to have: by what it was about. Those of referrals have their own trigger.
MESSAGE_FAILED = watch(
    "y.id",
    "(SELECT min(o.failed_at) FROM outbox o WHERE o.ref_table = 'party' AND o.ref_id = y.id AND o.state IN ('failed', 'uncertain'))",
    "party y",
    """y.id IN (SELECT o.ref_id FROM outbox o WHERE o.ref_table = 'party' AND o.state IN ('failed', 'uncertain'))""",
    case_id="y.case_id",
    report_id="y.report_id",
    party_id="y.id",
    enhanced="y.klass = 'enhanced'",
)
# A letter that nobody has printed: somebody chose to be written to, and hears nothing.
UNPOSTED = "outbox o WHERE o.ref_table = 'party' AND o.channel = 'letter' AND o.state = 'waiting'"
LETTER_NOT_POSTED = watch(
    "y.id",
    f"(SELECT min(o.created_at) FROM {UNPOSTED} AND o.ref_id = y.id)",  # noqa: S608
    "party y",
    f"y.id IN (SELECT o.ref_id FROM {UNPOSTED})",  # noqa: S608
    case_id="y.case_id",
    report_id="y.report_id",
    party_id="y.id",
    enhanced="y.klass = 'enhanced'",
)
# An emergency opening: with its case for the people named on it, without it for those who learn only that nobody has reviewed one.
OPENING = "break_glass b JOIN asb_case c ON c.id = b.case_id"
_OPENER = {"officer_id": "b.opened_by", "enhanced": "true"}
BREAK_GLASS_UNREVIEWED = watch("b.id", "b.opened_at", OPENING, "b.reviewed_at IS NULL", case_id="b.case_id", **_OPENER)
BREAK_GLASS_OVERDUE = watch("b.id", "b.opened_at", OPENING, "b.reviewed_at IS NULL", team_id="c.team_id", **_OPENER)
BREAK_GLASS_NOT_RIGHT = watch(
    "b.id",
    "b.reviewed_at",
    OPENING,
    "NOT b.found_right AND b.reviewed_at > CAST(:at AS timestamptz) - interval '28 days'",
    team_id="c.team_id",
    **_OPENER,
)
# No report_id: an alert follows its report to the case that is made of it, and this one must never leave the people named.
RESTRICTED_PERSON_TOUCHED = watch(
    "x.id",
    "x.at",
    "restricted_touch x JOIN asb_case c ON c.id = x.case_id JOIN report r ON r.id = x.report_id",
    """x.answered_at IS NULL AND c.restricted AND r.case_id IS DISTINCT FROM x.case_id AND NOT EXISTS (SELECT FROM case_grant g
    WHERE g.case_id = x.case_id AND g.level = 'named' AND g.grantee = r.triaged_by)""",
    case_id="x.case_id",
    enhanced="true",
)
# Found by workers/record.py; over when the information officer has reviewed it. No case: who looked at whom is on their own page.
LOOK_AT_SELF = watch("f.id", "f.flagged_at", "look_flag f", "f.reviewed_at IS NULL")
# The record keeps the machine's own time, whatever a demonstration's clock says. Before the first seal `doctor` speaks, not this.
RECORD_UNSEALED = watch(
    "md5('record')::uuid",
    "CAST(:at AS timestamptz)",
    "(SELECT record_unsealed_since() AS at_us) AS r",
    "r.at_us < (extract(epoch FROM clock_timestamp()) - 600) * 1000000 AND EXISTS (SELECT FROM audit_seal)",
)
