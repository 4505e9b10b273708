"""Two who change the same person, team or partner at once: the second is told, sees both, and loses nothing they typed."""

from datetime import date
from html import unescape

import pytest

from sentinel.access import partnership, people
from sentinel.access.models import Team
from sentinel.core.db import db
from tests import factories
from tests.filling import form_with
from tests.integration.test_partnership import GOVERNANCE, days, filled, governor, partner
from tests.integration.test_people_managed import ADMIN, known, pairs, value

pytestmark = pytest.mark.security
OFFICER = "officer@blaby.example"


def changed_at_once(client, path, box, meanwhile, **changes):
    """The page after sending a form that somebody else was quicker with; then the same form again is saved."""
    fields = filled(client, path, box, **changes)
    meanwhile()
    db.session.commit()
    page = client.post(path, fields, status=409).text
    assert "Somebody else changed this while you had it open" in page
    assert "Saving it now puts it over theirs" in page
    client.follow(path, form_with(page, path, box).with_(**changes))
    return unescape(page)


def test_a_person_whose_roles_somebody_else_changed(client_as, session):
    officer, admin = known(OFFICER), client_as(ADMIN)
    both = {("practitioner", factories.team().id), ("call_taker", factories.team().id)}

    def meanwhile():
        people.change_person(actor=governor(), user=known(OFFICER), name="Jas Bell", phone="", roles=both)

    mine = {"name": "Jaswinder Bell-Hart", "roles": [value("practitioner")]}
    page = changed_at_once(admin, f"/people/{officer.id}/change", "name", meanwhile, **mine)
    assert "Call taker, Blaby ASB team; Practitioner, Blaby ASB team" in page and "Jas Bell" in page
    assert page.count("Jaswinder Bell-Hart") >= 2  # beside theirs, and in its box
    session.expire_all()
    assert (known(OFFICER).name, pairs(known(OFFICER))) == ("Jaswinder Bell-Hart", {("practitioner", factories.team().id)})


def test_a_vetting_that_somebody_else_recorded(client_as, session, at):
    at("2026-12-02 10:00")
    officer, admin = known(OFFICER), client_as(ADMIN)

    def meanwhile():
        people.record_vetting(actor=governor(), user=known(OFFICER), level="NPPV2", until=date(2027, 2, 1))

    mine = {"level": "NPPV3"} | days("until", date(2027, 12, 1))
    page = changed_at_once(admin, f"/people/{officer.id}/vetting", "until-day", meanwhile, **mine)
    assert "1 December 2027" in page and "1 February 2027" in page and "NPPV 2" in page
    session.expire_all()
    assert known(OFFICER).vetting_level == "NPPV3"


def test_what_changes_by_itself_is_nobodys_change(client_as, session):
    officer, admin = known(OFFICER), client_as(ADMIN)
    fields = filled(admin, f"/people/{officer.id}/change", "name", name="Jaswinder Bell-Hart")
    client_as(OFFICER).get("/my-work")  # seen now
    assert "Jaswinder Bell-Hart" in admin.follow(f"/people/{officer.id}/change", fields).text


def test_a_team_and_a_partner_that_somebody_else_changed(client_as, session, at):
    at("2026-12-02 10:00")
    governance, found, team = client_as(GOVERNANCE), partner("melton"), factories.team("melton-asb")

    def renamed():
        partnership.change_team(actor=governor(), team=db.session.get_one(Team, team.id), name="Melton day team")

    page = changed_at_once(governance, f"/partnership/teams/{team.id}", "name", renamed, name="Melton night team", phone="")
    assert "Melton day team" in page

    def changed():
        words = {"regime": "uk_gdpr", "powers": ["abc"], "successor": partner("rutland"), "succeeded_on": date(2028, 4, 1)}
        partnership.change_standing(actor=governor(), partner=partner("melton"), **words)

    mine = {"regime": "part3", "powers": ["cpw"], "successor": ""}
    page = changed_at_once(governance, f"/partnership/{found.id}/standing", "successor", changed, **mine)
    for words in ("Community protection warning", "General: UK GDPR", "Rutland County Council", "1 April 2028"):
        assert words in page
    session.expire_all()
    assert [power.power_key for power in partner("melton").powers if power.until is None] == ["cpw"]
