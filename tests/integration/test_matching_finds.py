"""Whom and what a call taker is shown: by index as by a plain look through everything, and never more than they may know of."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein
from sqlalchemy import select, text

from sentinel.access.queries import viewer_of
from sentinel.audit.models import AuditEntry
from sentinel.cases.models import Case, CaseGrant, Party, Report
from sentinel.cases.queries import may_see_headline
from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.people import keys, service
from sentinel.people.models import Person
from sentinel.people.queries import match_candidates
from sentinel.places import queries as places
from sentinel.places.keys import building_key
from sentinel.places.models import Place, Postcode
from sentinel.places.service import find_or_make_place
from tests import factories

HOME = "Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM"


@pytest.fixture
def as_user(session):
    """Look as one of the seeded people from here on: as_user("calltaker@blaby.example")."""

    def become(email: str = "calltaker@blaby.example"):
        session.commit()
        who = viewer_of(factories.user(email))
        session.commit()
        viewer.become(session, who)
        return who

    return become


@pytest.fixture
def gazetteer(session):
    session.add(Postcode(compact="LE33KM", display="LE3 3KM", latitude=52.62, longitude=-1.17, district_code="E07000129"))
    session.flush()


def somebody(name="Nasreen Khan-Abdullahi", phone="07700 900318", address=HOME, on=None, role="victim", **party):
    person = service.find_or_make_person(name=name)
    service.add_contact(person, "phone", phone)
    if address:
        service.add_residence(person, find_or_make_place(places.resolve(address), said_in="E07000129").id)
    factories.party(on=on or factories.report(), who=person, role=role, **party)
    return person


def names(found):
    return [db.session.get(Person, candidate.person_id).name for candidate in found]


def test_the_same_name_and_number_are_found_however_they_are_written(session, as_user):
    known = somebody()
    as_user()
    (found,) = match_candidates(name="MRS nasreen khan abdullahi", phone="+44 7700 900318")
    assert found.person_id == known.id
    assert found.reason(phone_given=True) == "Same name and number"


def test_a_name_heard_and_misspelt_is_found(session, as_user):
    somebody("Stephen Phillips", "07700 900001", None)
    as_user()
    (found,) = match_candidates(name="Steven Philips", phone="07700 900999")
    assert found.reason(phone_given=True) == "Similar name, different number"


def test_a_neighbour_in_the_building_is_found_by_the_building(session, as_user):
    somebody("Imran Shah", "07700 900002", "Flat 9, Harcourt Court, 118 Fennimore Way, LE3 3KM")
    as_user()
    (found,) = match_candidates(building=building_key(HOME, "LE33KM"))
    assert found.reason(phone_given=False) == "Same building"


def test_a_name_in_another_script_is_found(session, as_user):
    somebody("ਗੁਰਪ੍ਰੀਤ ਕੌਰ", "07700 900003", None)
    as_user()
    assert names(match_candidates(name="ਗੁਰਪ੍ਰੀਤ ਕੌਰ")) == ["ਗੁਰਪ੍ਰੀਤ ਕੌਰ"]


def test_somebody_without_a_name_matches_nobody_without_a_name(session, as_user):
    person = service.find_or_make_person()
    factories.party(on=factories.report(), who=person)
    as_user()
    assert person.name == service.NOT_GIVEN
    assert match_candidates(name="Name not given") == []
    assert match_candidates() == []


def test_a_merged_person_is_found_as_the_one_they_are(session, as_user):
    kept = somebody("Nasreen Khan", "07700 900004", None)
    moved = somebody("N Khan Abdullahi", "07700 900005", None)
    moved.canonical_id = kept.id
    as_user()
    assert [candidate.person_id for candidate in match_candidates(phone="07700 900005")] == [kept.id]


def test_the_likest_come_first_and_no_more_than_asked_for(session, as_user):
    for number in range(6):
        somebody("Nasreen Khan", f"07700 90010{number}", None)
    exact = somebody("Nasreen Khan", "07700 900199", None)
    as_user()
    found = match_candidates(name="Nasreen Khan", phone="07700 900199", limit=3)
    assert len(found) == 3
    assert found[0].person_id == exact.id


def test_somebody_only_on_a_restricted_case_is_invisible(session, as_user):
    somebody(on=factories.case(restricted=True))
    somebody("Nasreen Khan", "07700 900318", None, on=factories.report(restricted=True))
    as_user()
    assert match_candidates(name="Nasreen Khan-Abdullahi", phone="07700 900318") == []


def test_a_restricted_match_does_not_use_up_the_number_asked_for(session, as_user):
    secret = factories.case(restricted=True)
    for number in range(5):
        somebody(f"Nasreen Khan-Abdullahi{'i' * number}", "07700 900318", None, on=secret)
    open_one = somebody("Nasreen Kahn", "07700 900777", None)
    as_user()
    assert match_candidates(phone="07700 900318", limit=1) == []
    assert [candidate.person_id for candidate in match_candidates(name="Nasreen Khan", phone="07700 900318", limit=1)] == [open_one.id]


def test_somebody_named_on_a_restricted_case_still_finds_its_people(session, as_user):
    case = factories.case(restricted=True)
    known = somebody(on=case)
    officer = factories.user("officer@charnwood.example")
    session.add(
        CaseGrant(
            case_id=case.id, grantee=officer.id, level="named", until=clock.now() + timedelta(days=1), reason="x", granted_at=clock.now()
        )
    )
    as_user("officer@charnwood.example")
    assert [candidate.person_id for candidate in match_candidates(phone="07700 900318")] == [known.id]


def test_a_search_is_recorded_once_with_those_it_showed(session, as_user):
    known = somebody()
    as_user()
    match_candidates(phone="07700 900318")
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.kind == "search")).all()
    assert entry.person_ids == [known.id]


VIEWERS = [
    "calltaker@blaby.example",
    "officer@blaby.example",
    "officer@charnwood.example",
    "manager@blaby.example",
    "worker@victimfirst.example",
    "analyst@county.example",
    "governance@county.example",
]


@pytest.mark.parametrize("email", VIEWERS)
def test_the_function_shows_exactly_whom_the_rules_written_in_python_show(session, as_user, email):
    """core.md 7: against an unindexed, filtered scan."""
    lapsed = factories.team("police-beat").partner
    lapsed.agreement_until = clock.today() - timedelta(days=1)
    for team in ("blaby-asb", "charnwood-asb", "police-beat"):
        for restricted in (False, True):
            somebody("Aled Jones", "", None, on=factories.case(team_slug=team, restricted=restricted))
            somebody("Aled Jones", "", None, on=factories.report(team_slug=team, restricted=restricted))
    for level, restricted in (("headline", False), ("full", False), ("named", True), ("headline", True), ("full", True)):
        case = factories.case(team_slug="police-beat", restricted=restricted)
        somebody("Aled Jones", "", None, on=case)
        grantee = factories.user(email).id
        session.add(
            CaseGrant(
                case_id=case.id, grantee=grantee, level=level, until=clock.now() + timedelta(days=1), reason="x", granted_at=clock.now()
            )
        )
        session.add(
            CaseGrant(
                case_id=case.id, grantee=grantee, level="named", until=clock.now() - timedelta(days=1), reason="x", granted_at=clock.now()
            )
        )
    who = as_user(email)
    shown = {candidate.person_id for candidate in match_candidates(name="Aled Jones", limit=100)}
    on_cases = select(Party.person_id).join(Case, Case.id == Party.case_id).where(may_see_headline(who))
    assert shown == set(session.scalars(on_cases)) | set(session.scalars(_on_reports(who)))


def _on_reports(who):
    """A report nobody has decided yet is known of like a case of the same owner, seen by nobody it was granted to."""
    caseworker = who.has("practitioner", "supervisor")
    agreed = {
        partner.id
        for partner in {report.owner for report in db.session.scalars(select(Report))}
        if partner.agreement_until >= clock.today()
    }
    owners = (agreed if who.may_see_headlines else set()) | (who.partner_ids if caseworker else set())
    open_ones = Report.case_id.is_(None) & Report.restricted.is_(False) & Report.owner_partner_id.in_(owners)
    return select(Party.person_id).join(Report, Report.id == Party.report_id).where(open_ones)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["Ana", "Anna", "Hannah", "Jo", "Joe", "Joanne", "Khan", "Kahn", "Patel", "Patil"]), min_size=2, max_size=3)
)
def test_whoever_sounds_the_same_or_is_one_letter_away_is_found_as_by_a_plain_look_through_all(session, as_user, words):
    with session.begin_nested() as nested:
        for first in ("Ana", "Hannah", "Joe", "Joanne"):
            somebody(f"{first} Khan", "", None)
            somebody(f"{first} Patel", "", None)
        wanted = " ".join(words)
        everybody = session.scalars(select(Person)).all()
        expected = {
            person.id
            for person in everybody
            if keys.sound_key(wanted) == person.sound_key
            or (Levenshtein.distance(keys.name_key(wanted), person.name_key) <= 1 and len(person.name_key) > 8)
        }
        session.execute(text("SELECT set_config('sentinel.headline', 'on', true)"))
        found = {candidate.person_id for candidate in match_candidates(name=wanted, limit=100)}
        assert expected <= found
        nested.rollback()


def test_places_are_found_by_building_by_words_and_by_postcode(session, as_user, gazetteer):
    place = find_or_make_place(places.resolve(HOME), said_in="E07000129")
    factories.report(place_id=place.id)
    as_user()
    for words in ("flat 6 harcourt ct, 118 Fennimore Way le33km", "harcourt court", "LE3 3KM"):
        assert [found.place_id for found in places.alike(words, said_in="E07000129")] == [place.id], words
    assert places.alike("harcourt ct 118 fennimore way le33km", said_in="x")[0].reason == "Same building"
    assert places.alike("harcourt", said_in="x")[0].reason == "Similar address"


def test_a_place_known_only_from_a_restricted_case_is_invisible(session, as_user, gazetteer):
    place = find_or_make_place(places.resolve(HOME), said_in="E07000129")
    factories.case(place_id=place.id, restricted=True)
    factories.report(place_id=place.id, restricted=True)
    as_user()
    assert places.alike(HOME, said_in="E07000129") == []


def test_a_known_postcode_gives_the_district(session, gazetteer):
    found = places.resolve("12 high street le33km")
    assert (found.address, found.postcode, found.district_code) == ("12 high street", "LE3 3KM", "E07000129")


def test_a_postcode_alone_is_a_place(session, gazetteer):
    assert places.resolve("le3 3km").address == "LE3 3KM"


def test_an_unknown_postcode_gets_a_sentence(session, gazetteer):
    with pytest.raises(Refused) as refused:
        places.resolve("12 High Street, LE99 9ZZ")
    assert refused.value.sentence == "LE99 9ZZ is not a postcode we know. Check it, or leave it out and say the place in words."
    assert refused.value.field == "place"


def test_before_the_gazetteer_is_imported_any_postcode_is_taken(session):
    assert places.resolve("12 High Street, LE99 9ZZ").postcode == "LE99 9ZZ"


def test_words_for_a_place_are_taken_as_they_are(session, gazetteer):
    assert places.resolve("The bandstand in the park") == places.Located("The bandstand in the park")


def test_one_place_is_made_once(session, gazetteer):
    one = find_or_make_place(places.resolve(HOME), said_in="E07000129")
    again = find_or_make_place(places.resolve("flat 4 HARCOURT COURT 118 Fennimore Way le33km"), said_in="E07000130")
    assert one.id == again.id
    assert session.scalars(select(Place)).all() == [one]


def test_the_park_of_one_district_is_not_the_park_of_another(session):
    located = places.resolve("the park")
    assert find_or_make_place(located, said_in="E07000129").id != find_or_make_place(located, said_in="E07000130").id


def test_a_landlord_named_on_the_call_becomes_the_places(session, gazetteer):
    landlord = factories.team("soar-valley-housing").partner
    place = find_or_make_place(places.resolve(HOME), said_in="x", landlord_id=landlord.id)
    assert place.landlord_id == landlord.id
    assert find_or_make_place(places.resolve(HOME), said_in="x").landlord_id == landlord.id


def test_a_person_is_never_joined_to_another_by_likeness(session):
    assert service.find_or_make_person(name="Aled Jones").id != service.find_or_make_person(name="Aled Jones").id


def test_a_person_the_call_taker_attached_stays_as_they_are(session):
    known = service.find_or_make_person(name="Aled Jones")
    assert service.find_or_make_person(name="Al Jones", known=known.id) is known
    assert known.name == "Aled Jones"


def test_a_number_is_recorded_once_and_nonsense_never(session):
    person = service.find_or_make_person(name="Aled Jones")
    assert service.add_contact(person, "phone", "07700 900318") is service.add_contact(person, "phone", "+447700900318")
    assert service.add_contact(person, "phone", "none") is None
    assert service.add_contact(person, "email", " ") is None
