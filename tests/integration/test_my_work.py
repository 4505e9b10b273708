"""My work: what lies on somebody's desk, in order of consequence, each row with its one button."""

import re
from datetime import date

import html5lib
from sqlalchemy import event

from sentinel.access.models import Absence
from sentinel.cases import closure
from sentinel.cases.models import Action
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.interventions.models import Intervention
from sentinel.victims import service
from tests import factories
from tests.integration.promise_made import HIGH, MEDIUM, contacted, opened, promises, report_taken, victim, victim_on_case

OFFICER = "officer@blaby.example"
HTML = "{http://www.w3.org/1999/xhtml}"


def groups(text):
    """The page's groups: title to the text of each row."""
    found = {}
    for body in html5lib.parse(text).iter(f"{HTML}tbody"):
        heading, *rows = body.findall(f"{HTML}tr")
        found[words(heading)] = [words(row) for row in rows]
    return found


def words(node):
    return " ".join(" ".join(node.itertext()).split())


def test_nothing_to_do_says_so_and_what_comes_next(session, at, client_as):
    at("2026-12-02 10:47")
    page = client_as(OFFICER).get("/my-work").text
    assert "Nothing is due, and you have no open cases." in page
    victim_on_case()
    session.commit()
    page = client_as(OFFICER).get("/my-work").text
    assert "Nothing is due. Your next promise is Wednesday 9 December, by 5pm." in page


def test_rows_stand_in_groups_by_consequence_and_the_riskiest_first(session, at, client_as):
    at("2026-11-30 10:00")
    late = victim_on_case(HIGH, who=factories.person("Nasreen Khan-Abdullahi"))
    today = victim_on_case(who=factories.person("Edith Pickering"))
    service.make_promise(party=today, kind="after_assessment", cause_id=late.id, starts_at=at("2026-11-25 10:00"))
    at("2026-12-02 10:00")
    report_taken(MEDIUM, who=factories.person("Yitzhak Rosenfeld"))
    track = victim_on_case(HIGH, who=factories.person("Kwabena Owusu"))
    session.add(
        Action(
            case_id=track.case_id,
            what="Send diary sheets",
            owner_id=factories.user().id,
            due_at=at("2026-12-07 17:00"),
            created_by=factories.user().id,
            created_at=clock.now(),
        )
    )
    at("2026-12-02 10:47")
    session.commit()
    found = groups(client_as(OFFICER).get("/my-work").text)
    assert [re.sub(r"\s\d+$", "", title) for title in found] == [
        "Overdue promises",
        "Due today or before",
        "New reports to decide",
        "High risk, on track",
        "Orders and actions coming up",
    ]
    names = ["Nasreen Khan-Abdullahi", "Edith Pickering", "Yitzhak Rosenfeld", "Kwabena Owusu", "send diary sheets"]
    assert all(any(name in row for row in rows) for name, rows in zip(names, found.values(), strict=True))
    assert "Victim First have not reached them yet" in found["Due today or before 2"][0]


def test_a_row_says_why_how_late_how_to_reach_them_and_what_to_do(session, at, client_as):
    at("2026-11-23 10:00")
    party = victim_on_case(MEDIUM)
    service.set_plan(actor=factories.user(), party=party, values={"voicemail": "no", "safe_times": "after 3pm", "language": "Urdu"})
    attempts = [(at("2026-11-30 10:00"), "phone"), (at("2026-12-01 10:00"), "phone")]
    at("2026-12-02 10:47")
    for when, channel in attempts:
        contacted(party, when=when, channel=channel, outcome="attempt", note="No answer.")
    session.commit()
    row = next(iter(groups(client_as(OFFICER).get("/my-work").text).values()))[0]
    assert "First contact, and full risk assessment" in row
    assert "Nobody has spoken to them yet. Tried twice, both by phone. One more by another way, and your supervisor may excuse it." in row
    assert "Thursday 26 November, by 5pm" in row
    assert "Overdue by 4 working days" in row
    assert "07700 900318, after 3pm" in row
    assert "No voicemail." in row
    assert "Urdu interpreter." in row
    assert "Log contact with Nasreen Khan-Abdullahi" in row


def test_the_sentence_counts_what_needs_doing(session, at, client_as):
    at("2026-11-23 10:00")
    victim_on_case()
    victim_on_case(who=factories.person("Edith Pickering"))
    at("2026-12-02 10:47")
    session.commit()
    page = client_as(OFFICER).get("/my-work").text
    assert "Wednesday 2 December, 10:47am. 2 promises are overdue and nothing is due today. Worst first." in page


def test_ten_of_a_group_then_how_many_more(session, at, client_as):
    at("2026-11-23 10:00")
    for n in range(12):
        victim_on_case(who=factories.person(f"Victim {n:02d}"))
    at("2026-12-02 10:47")
    session.commit()
    client = client_as(OFFICER)
    rows = groups(client.get("/my-work").text)["Overdue promises 12"]
    assert (len(rows), rows[-1]) == (11, "2 more: overdue promises")
    assert len(groups(client.get("/my-work?all=overdue").text)["Overdue promises 12"]) == 12


def test_the_form_opens_under_its_row_and_saving_returns_to_the_next(session, at, client_as):
    at("2026-11-23 10:00")
    first = victim_on_case(HIGH)
    second = victim_on_case(who=factories.person("Edith Pickering"))
    at("2026-12-02 10:47")
    key, after = (f"promise-{min(promises(party, 'open').values(), key=lambda one: one.due_at).id}" for party in (first, second))
    session.commit()
    client = client_as(OFFICER)
    page = client.get(f"/my-work?open={key}").text
    assert "Did you reach them?" in page
    assert "Close" in page
    assert f'name="next" value="/my-work#{after}"' in page
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    sent = client.post(
        f"/parties/{first.id}/contact",
        {
            "channel": "phone",
            "outcome": "reached",
            "when": "now",
            "note": "She is well.",
            "covers": "first_contact",
            "seen": seen,
            "next": f"/my-work#{after}",
        },
    )
    assert sent.headers["Location"] == f"/my-work#{after}"
    assert "Khan-Abdullahi" not in groups(client.get("/my-work").text)["Overdue promises 1"][0]


def test_whoever_stands_in_sees_the_work_of_the_one_who_is_away(session, at, client_as):
    at("2026-11-23 10:00")
    victim_on_case()
    at("2026-12-02 10:47")
    cover = factories.user("supervisor@blaby.example")
    session.commit()
    client = client_as(cover.email)
    assert "Khan-Abdullahi" not in client.get("/my-work").text
    session.add(Absence(user_id=factories.user().id, cover_user_id=cover.id, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 4)))
    session.commit()
    page = client.get("/my-work").text
    assert "You stand in for Jaswinder Bell until Friday 4 December." in page
    assert "For Jaswinder Bell." in groups(page)["Overdue promises 1"][0]
    at("2026-12-07 09:00")
    session.commit()
    assert "Khan-Abdullahi" not in client.get("/my-work").text


def test_another_teams_work_is_on_nobody_elses_desk(session, at, client_as):
    at("2026-11-23 10:00")
    victim_on_case()
    report_taken(who=factories.person("Edith Pickering"))
    at("2026-12-02 10:47")
    session.commit()
    page = client_as("officer@charnwood.example").get("/my-work").text
    assert "Khan-Abdullahi" not in page
    assert "Edith Pickering" not in page


def test_a_restricted_case_shows_no_address_and_only_to_those_named(session, at, client_as):
    from sentinel.cases.models import CaseGrant
    from sentinel.places.models import Place

    at("2026-11-23 10:00")
    party = victim_on_case()
    place = Place(address="4 Harcourt Court", address_key="4 harcourt court", building_key="harcourt court")
    session.add(place)
    session.flush()
    party.case.place_id, party.case.restricted = place.id, True
    at("2026-12-02 10:47")
    session.commit()
    client = client_as(OFFICER)
    assert "Khan-Abdullahi" not in client.get("/my-work").text
    session.add(
        CaseGrant(
            case_id=party.case_id,
            grantee=factories.user().id,
            level="named",
            until=at("2027-12-02 10:47"),
            reason="Officer",
            granted_by=factories.user().id,
            granted_at=at("2026-12-02 10:47"),
        )
    )
    session.commit()
    page = client.get("/my-work").text
    assert "Restricted" in page
    assert "Harcourt" not in page


def test_an_order_about_to_end_is_coming_up(session, at, client_as):
    at("2026-12-02 10:47")
    party = victim_on_case()
    session.add(
        Intervention(
            case_id=party.case_id,
            power_key="abc",
            power_version="1",
            tier="early",
            state="breached",
            proposed_by=factories.user().id,
            proposed_at=clock.now(),
            starts_on=date(2026, 7, 1),
            ends_on=date(2026, 12, 30),
        )
    )
    session.commit()
    row = groups(client_as(OFFICER).get("/my-work").text)["Orders and actions coming up 1"][0]
    assert "Acceptable behaviour contract or agreement (ABC, ABA) ends Breached. Renew it, or let it end, before then." in row
    assert "Wednesday 30 December" in row


def test_filtering_leaves_what_was_asked_for(session, at, client_as):
    at("2026-11-23 10:00")
    victim_on_case(HIGH)
    victim_on_case(who=factories.person("Edith Pickering"))
    at("2026-12-02 10:47")
    session.commit()
    client = client_as(OFFICER)
    page = client.get("/my-work?risk=high&what=contact").text
    assert "Khan-Abdullahi" in page
    assert "Edith Pickering" not in page
    assert "Nothing of that kind needs doing." in client.get("/my-work?risk=medium").text
    assert "Edith Pickering" in client.get("/my-work?risk=nonsense").text


def test_a_safety_call_stands_on_the_desks_of_the_team_before_the_report_is_decided(session, at, client_as):
    at("2026-12-04 18:30")
    party = victim(report_taken(HIGH))
    assert "safety_call" in promises(party)
    at("2026-12-05 10:00")
    session.commit()
    rows = groups(client_as("supervisor@blaby.example").get("/my-work").text)["Due today 1"]
    assert "Safety call" in rows[0]
    assert "8 hours left" in rows[0]


def test_somebody_who_asked_to_be_left_alone_is_reviewed_not_rung(session, at, client_as):
    at("2026-11-02 10:00")
    party = victim_on_case()
    contacted(party, covers=("first_contact",))
    service.waive(
        actor=factories.user(), promise=promises(party, "open")["cadence"], reason="asked_not_to_be_contacted", note="Leave me alone."
    )
    at("2026-12-02 10:47")
    session.commit()
    row = groups(client_as(OFFICER).get("/my-work").text)["Overdue promises 1"][0]
    assert "Look at the case: they asked us not to contact them" in row
    assert "Record review" in row


def test_what_was_decided_is_told_by_whoever_decided(session, at, client_as):
    from sentinel.cases import triage

    at("2026-11-23 10:00")
    report = report_taken()
    triage.take_no_further_action(actor=factories.user(), report=report, reason="one_off")
    at("2026-12-02 10:47")
    session.commit()
    row = groups(client_as(OFFICER).get("/my-work").text)["Overdue promises 1"][0]
    assert "Tell them what was decided, and why" in row


def test_the_page_asks_the_database_as_often_for_forty_cases_as_for_two(session, at, client_as):
    at("2026-11-23 10:00")
    asked = []
    for n in (2, 40):
        while len(db.session.execute(factories_cases()).all()) < n:
            party = victim_on_case(HIGH if n % 3 else None, who=factories.person(f"Victim {len(asked)}-{clock.now()}"))
            contacted(party, outcome="attempt", note="No answer.")
            report_taken(MEDIUM)
        at("2026-12-02 10:47")
        session.commit()
        # Signed in anew: on a slow machine a minute goes by, and with it a note of when this session was last used.
        asked.append([statements(client_as(OFFICER), page) for page in ("/my-work", "/my-work?all=overdue")])
        at("2026-11-23 10:00")
    assert asked[0] == asked[1]


def factories_cases():
    from sqlalchemy import select

    from sentinel.cases.models import Case

    return select(Case.id)


def statements(client, page):
    """How many statements the page sends."""
    seen = []
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", listener)
    try:
        client.get(page)
    finally:
        event.remove(connection, "before_cursor_execute", listener)
    return len(seen)


def test_a_case_opened_meanwhile_gives_its_report_up(session, at, client_as):
    at("2026-12-02 10:00")
    report = report_taken(MEDIUM)
    session.commit()
    client = client_as(OFFICER)
    assert "New reports to decide 1" in groups(client.get("/my-work").text)
    opened(report)
    session.commit()
    assert "New reports to decide" not in client.get("/my-work").text


def test_whoever_was_named_to_tell_the_victims_of_somebody_elses_case_finds_them_until_they_are_told(session, at, client_as):
    at("2026-12-02 10:47")
    party = victim_on_case()
    supervisor = factories.user("supervisor@blaby.example")
    closure.propose_closing(actor=factories.user(), case=party.case, outcome="no_further_incidents", note="Quiet.", teller=supervisor)
    page = client_as("supervisor@blaby.example").get("/my-work").text
    assert "Tell them the case may close, before it does" in page
    assert "You were named to tell them." in page
    at("2026-12-09 17:01")
    assert "1 promise is overdue" in client_as("supervisor@blaby.example").get("/my-work").text
    contacted(party, covers=("closure",), closing_view="agrees", actor="supervisor@blaby.example")
    assert "You were named to tell them." not in client_as("supervisor@blaby.example").get("/my-work").text
