"""Who sees what, said once more and simply: worked out in Python from rows read by a superuser, from rules.md alone.

Knows nothing of the policies, of `cases/queries.py` or of the ORM. Rows are dicts by column; a viewer is an account with what
it holds. `rows_for(viewer)` gives, for each table, the keys of the rows that person may read.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
HEADLINE_ROLES = {"call_taker", "practitioner", "supervisor", "service_manager"}
CASEWORK = {"practitioner", "supervisor"}
RANK = {"none": 0, "headline": 1, "full": 2, "named": 3}
TABLES = tuple(
    """asb_case case_detail report report_detail party party_detail promise high_episode person case_clock case_event case_action
    handover case_grant assessment contact_plan contact contact_covers person_contact residence intervention supervision_review
    multi_agency_proposal break_glass restricted_touch
    episode_referral referral referral_event incident alert telling audit_entry quarantined_row partner team
    app_user role_held look_flag audit_seal
    document disclosure hearing agreement partner_power dip_draw dip_sample entry_comment
    closing_view survey_offer survey_answer""".split()  # noqa: SIM905  a list of words
)
KEYS = {
    "audit_seal": ("n",),
    "case_detail": ("case_id",),
    "case_clock": ("case_id",),
    "report_detail": ("report_id",),
    "party_detail": ("party_id",),
    "contact_plan": ("party_id",),
    "contact_covers": ("contact_id", "kind"),
    "episode_referral": ("episode_id",),
    "telling": ("alert_id", "step", "user_id"),
    "role_held": ("user_id", "team_id", "role"),
}
OF_A_CASE = set("restricted_touch document case_detail case_action intervention hearing survey_offer dip_sample entry_comment".split())  # noqa: SIM905


@dataclass
class Person:
    """An account: who, for whom, as what."""

    user: Row
    held: list[tuple[str, Row]]

    @property
    def roles(self) -> set[str]:
        return {role for role, _ in self.held}

    @property
    def partners(self) -> set[Any]:
        return {self.user["partner_id"], *(team["partner_id"] for _, team in self.held)}

    @property
    def works_for(self) -> set[Any]:
        return {team["partner_id"] for role, team in self.held if role in CASEWORK}

    @property
    def teams(self) -> set[Any]:
        return {team["id"] for _, team in self.held}

    @property
    def everything(self) -> set[Any]:
        return {self.user["id"]} | self.partners | self.teams


class World:
    """Everything there is, and the rules."""

    def __init__(self, connection: psycopg.Connection, now: datetime) -> None:
        self.now, self.today = now, now.astimezone(ZoneInfo("Europe/London")).date()
        with connection.cursor(row_factory=dict_row) as cursor:
            self.rows = {table: cursor.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        self.by_id = {table: {row["id"]: row for row in self.rows[table] if "id" in row} for table in TABLES}
        self._found: dict[tuple[Any, Any], str] = {}
        self._rows_for: dict[Any, dict[str, set[Any]]] = {}
        self.parties_of: dict[Any, list[Row]] = defaultdict(list)
        for party in self.rows["party"]:
            self.parties_of[self.by_id["person"][party["person_id"]]["canonical_id"]].append(party)

    def person(self, email: str) -> Person:
        user = next(row for row in self.rows["app_user"] if row["email"] == email)
        held = [(row["role"], self.by_id["team"][row["team_id"]]) for row in self.rows["role_held"] if row["user_id"] == user["id"]]
        return Person(user, held)

    def agreed(self, partner_id: Any) -> bool:
        until: date | None = self.by_id["partner"][partner_id]["agreement_until"]
        return until is not None and until >= self.today

    def grants(self, who: Person, **wanted: Any) -> set[str]:
        """Levels granted to this person, their team or partner, of a case (case_id=) or a party (party_id=), and still in force."""
        return {
            grant["level"]
            for grant in self.rows["case_grant"]
            if grant["grantee"] in who.everything and grant["until"] > self.now and all(grant[k] == v for k, v in wanted.items() if v)
        }

    def of_case(self, who: Person, case: Row | None) -> str:
        """rules.md: none, headline, full, named."""
        if case is None:
            return "none"
        found = self._found.setdefault((who.user["id"], case["id"]), "")
        if not found:
            found = self._found[who.user["id"], case["id"]] = self._level(who, case)
        return found

    def _level(self, who: Person, case: Row) -> str:
        granted = self.grants(who, case_id=case["id"])
        if "named" in granted:
            return "named"
        if case["restricted"]:
            return "none"
        if case["owner_partner_id"] in who.works_for or ("full" in granted and who.works_for):
            return "full"
        everywhere = bool(who.roles & HEADLINE_ROLES) and self.agreed(case["owner_partner_id"])
        pushed = any(self._pushed(who, report) for report in self.rows["report"] if report["case_id"] == case["id"])
        return "headline" if everywhere or pushed or "headline" in granted else "none"

    def of_report(self, who: Person, report: Row | None) -> str:
        if report is None:
            return "none"
        case = self.of_case(who, self.by_id["asb_case"].get(report["case_id"])) if report["case_id"] else "none"
        took = report["taken_by"] == who.user["id"] and report["state"] == "received"
        open_to_them = not report["restricted"] and (
            report["owner_partner_id"] in who.works_for
            or (report["unrouted"] and "governance" in who.roles)
            or any(offer["report_id"] == report["id"] for offer in self._offers(who))
            or self._touches(who, report)
        )
        if took or open_to_them or RANK[case] >= RANK["full"]:
            return "full"
        if report["case_id"]:
            return case
        everywhere = bool(who.roles & HEADLINE_ROLES) and self.agreed(report["owner_partner_id"])
        return "headline" if everywhere and not report["restricted"] else "none"

    def _pushed(self, who: Person, report: Row) -> bool:
        """A landlord's own: taken by its people, or owned by it."""
        if "landlord" not in who.roles or report["restricted"]:
            return False
        taker = self.by_id["app_user"].get(report["taken_by"])
        return report["owner_partner_id"] in who.partners or (taker is not None and taker["partner_id"] in who.partners)

    def _touches(self, who: Person, report: Row) -> bool:
        """It names somebody on a restricted case that this person is named on."""
        cases = [self.by_id["asb_case"][row["case_id"]] for row in self.rows["restricted_touch"] if row["report_id"] == report["id"]]
        return any(case["restricted"] and self.of_case(who, case) == "named" for case in cases)

    def _offers(self, who: Person) -> list[Row]:
        if not who.works_for:
            return []
        return [row for row in self.rows["handover"] if row["state"] == "offered" and row["to_team_id"] in who.teams]

    def of_party(self, who: Person, party: Row) -> str:
        if party["case_id"]:
            return self.of_case(who, self.by_id["asb_case"][party["case_id"]])
        return self.of_report(who, self.by_id["report"].get(party["report_id"]))

    def referred(self, who: Person, party: Row) -> bool:
        """Victim First: the party of a referral made to them."""
        return "contact" in self.grants(who, party_id=party["id"])

    def rows_for(self, who: Person) -> dict[str, set[Any]]:
        """By table, the keys of the rows this person may read; worked out once."""
        if who.user["id"] not in self._rows_for:
            self._rows_for[who.user["id"]] = self._all_rows_for(who)
        return self._rows_for[who.user["id"]]

    def _all_rows_for(self, who: Person) -> dict[str, set[Any]]:
        return {table: {self._key(table, row) for row in self.rows[table] if self._may_read(who, table, row)} for table in TABLES}

    def _key(self, table: str, row: Row) -> Any:
        return tuple(row[column] for column in KEYS.get(table, ("id",)))

    def _may_read(self, who: Person, table: str, row: Row) -> bool:
        rule = getattr(self, f"_may_read_{table}", None)
        if rule is not None:
            return bool(rule(who, row))
        if table in OF_A_CASE:
            return RANK[self.of_case(who, self.by_id["asb_case"].get(row["case_id"]))] >= RANK["full"]
        return self._full_party(who, row["party_id"])

    def _full_party(self, who: Person, party_id: Any) -> bool:
        if party_id is None:
            return False
        return RANK[self.of_party(who, self.by_id["party"][party_id])] >= RANK["full"]

    def _seen_party(self, who: Person, party_id: Any) -> bool:
        party = self.by_id["party"][party_id]
        return self.of_party(who, party) != "none" or self.referred(who, party)

    def _known(self, who: Person, row: Row) -> bool:
        return True

    _may_read_partner = _may_read_team = _may_read_app_user = _may_read_role_held = _known
    _may_read_agreement = _may_read_partner_power = _known

    def _may_read_dip_draw(self, who: Person, row: Row) -> bool:
        return bool(row["drawn_by"] == who.user["id"])

    def _may_read_disclosure(self, who: Person, row: Row) -> bool:
        in_full = RANK[self.of_case(who, self.by_id["asb_case"][row["case_id"]])] >= RANK["full"]
        return in_full or "information_officer" in who.roles

    def _may_read_survey_answer(self, who: Person, row: Row) -> bool:
        """Counts are for those who oversee; whose it is, only where they want it read on their case."""
        offer = self.by_id["survey_offer"].get(row["offer_id"])
        in_full = offer is not None and RANK[self.of_case(who, self.by_id["asb_case"][offer["case_id"]])] >= RANK["full"]
        of_theirs = bool(who.roles & {"supervisor", "service_manager"}) and row["partner_id"] in who.partners
        return in_full or of_theirs or bool(who.roles & {"governance", "analyst"})

    def _holds(self, who: Person, row: Row, link: str) -> bool:
        """Who holds the case, for the agency somebody on it was referred to: that row alone; never a restricted one's."""
        referred = (party for party in self.rows["party"] if party[link] == row["id"] and self.referred(who, party))
        return not row["restricted"] and any(link == "case_id" or party["case_id"] is None for party in referred)

    def _may_read_asb_case(self, who: Person, row: Row) -> bool:
        return self.of_case(who, row) != "none" or self._holds(who, row, "case_id")

    def _may_read_case_clock(self, who: Person, row: Row) -> bool:
        referred = any(self.referred(who, party) for party in self.rows["party"] if party["case_id"] == row["case_id"])
        return referred or self.of_case(who, self.by_id["asb_case"][row["case_id"]]) != "none"

    def _may_read_report(self, who: Person, row: Row) -> bool:
        return self.of_report(who, row) != "none" or self._pushed(who, row) or self._holds(who, row, "report_id")

    def _may_read_report_detail(self, who: Person, row: Row) -> bool:
        return RANK[self.of_report(who, self.by_id["report"][row["report_id"]])] >= RANK["full"]

    def _may_read_incident(self, who: Person, row: Row) -> bool:
        return any(self.of_report(who, one) != "none" for one in self.rows["report"] if one["incident_id"] == row["id"])

    def _may_read_party(self, who: Person, row: Row) -> bool:
        return self._seen_party(who, row["id"])

    def _may_read_promise(self, who: Person, row: Row) -> bool:
        return self._seen_party(who, row["party_id"])

    _may_read_high_episode = _may_read_promise

    def _of_agency(self, who: Person, row: Row) -> bool:
        return self._full_party(who, row["party_id"]) or self.referred(who, self.by_id["party"][row["party_id"]])

    _may_read_contact_plan = _may_read_party_detail = _of_agency

    def _may_read_assessment(self, who: Person, row: Row) -> bool:
        referred = self.referred(who, self.by_id["party"][row["party_id"]]) and row["effective"] == "high"
        return self._full_party(who, row["party_id"]) or referred

    def _may_read_person(self, who: Person, row: Row) -> bool:
        return any(self._seen_party(who, party["id"]) for party in self.parties_of[row["canonical_id"]])

    def _of_person(self, who: Person, row: Row) -> bool:
        canonical = self.by_id["person"][row["person_id"]]["canonical_id"]
        return any(self._full_party(who, party["id"]) for party in self.parties_of[canonical])

    _may_read_person_contact = _may_read_residence = _of_person

    def _may_read_break_glass(self, who: Person, row: Row) -> bool:
        case = self.by_id["asb_case"][row["case_id"]]
        return RANK[self.of_case(who, case)] >= RANK["full"] or row["opened_by"] == who.user["id"]

    def _may_read_case_event(self, who: Person, row: Row) -> bool:
        if row["case_id"]:
            return RANK[self.of_case(who, self.by_id["asb_case"][row["case_id"]])] >= RANK["full"]
        return RANK[self.of_report(who, self.by_id["report"].get(row["report_id"]))] >= RANK["full"]

    def _may_read_handover(self, who: Person, row: Row) -> bool:
        return self._may_read_case_event(who, row) or (bool(who.works_for) and row["to_team_id"] in who.teams)

    def _may_read_case_grant(self, who: Person, row: Row) -> bool:
        case = self.by_id["asb_case"].get(row["case_id"])
        sees = RANK[self.of_case(who, case)] >= RANK["full"] if case else self._full_party(who, row["party_id"])
        return sees or row["grantee"] in who.everything

    def _may_read_contact_covers(self, who: Person, row: Row) -> bool:
        return self._full_party(who, self.by_id["contact"][row["contact_id"]]["party_id"])

    def _may_read_referral(self, who: Person, row: Row) -> bool:
        linked = [
            self.by_id["high_episode"][link["episode_id"]]["party_id"]
            for link in self.rows["episode_referral"]
            if link["referral_id"] == row["id"]
        ]
        agency = self.referred(who, self.by_id["party"][row["party_id"]]) and row["state"] != "held"
        return agency or any(self._full_party(who, party_id) for party_id in [row["party_id"], *linked])

    def _may_read_referral_event(self, who: Person, row: Row) -> bool:
        return self._may_read_referral(who, self.by_id["referral"][row["referral_id"]])

    def _may_read_episode_referral(self, who: Person, row: Row) -> bool:
        own = self._full_party(who, self.by_id["high_episode"][row["episode_id"]]["party_id"])
        referral = self.by_id["referral"].get(row["referral_id"])
        agency = referral is not None and referral["state"] != "held" and self.referred(who, self.by_id["party"][referral["party_id"]])
        return own or agency

    def _may_read_alert(self, who: Person, row: Row) -> bool:
        if any(one["alert_id"] == row["id"] and one["user_id"] == who.user["id"] for one in self.rows["telling"]):
            return True
        if row["case_id"]:
            return self.of_case(who, self.by_id["asb_case"][row["case_id"]]) != "none"
        if row["report_id"]:
            return self.of_report(who, self.by_id["report"][row["report_id"]]) != "none"
        return bool({row["owner_partner_id"], row["agency_id"]} & who.partners) or "governance" in who.roles

    def _may_read_telling(self, who: Person, row: Row) -> bool:
        return row["user_id"] == who.user["id"] or bool(who.roles & {"supervisor", "service_manager", "governance"})

    def _may_read_audit_entry(self, who: Person, row: Row) -> bool:
        case = self.by_id["asb_case"].get(row["case_id"])
        mine = row["actor"] == str(who.user["id"])
        shown = set(row["person_ids"] or ()) if row["kind"] in ("search", "export") else set()
        of_theirs = any(self._full_party(who, party["id"]) for party in self.rows["party"] if party["person_id"] in shown)
        return mine or of_theirs or "information_officer" in who.roles or RANK[self.of_case(who, case)] >= RANK["full"]

    def _may_read_look_flag(self, who: Person, row: Row) -> bool:
        return "information_officer" in who.roles and row["user_id"] != who.user["id"]

    def _may_read_audit_seal(self, who: Person, row: Row) -> bool:
        return bool(who.roles & {"information_officer", "governance"})

    def _may_read_quarantined_row(self, who: Person, row: Row) -> bool:
        return bool(who.roles & {"governance", "analyst"})
