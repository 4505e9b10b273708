"""What victims answered, as those who oversee see it: counts, no per cent of few, nothing of fewer than five, nobody else's teams."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.surveys import service
from tests import factories
from tests.integration.page_read import words
from tests.integration.surveys_made import ANSWERS, answered, asked, kept

pytestmark = pytest.mark.security
SUPERVISOR, THEIRS, GOVERNANCE = "supervisor@blaby.example", "supervisor@charnwood.example", "governance@county.example"


def given(n, team="blaby-asb", **more):
    for number in range(n):
        case = factories.case(team_slug=team, state="closed", closed_at=clock.now())
        answered(case, **({"expected": f"Word {number} of {team}"} | more))


def test_fewer_than_five_are_counted_and_nothing_more(session, client_as):
    given(4)
    page = client_as(SUPERVISOR).get("/surveys")
    assert "4 surveys answered." in words(page)
    assert "Answers are shown once there are 5 of them" in words(page)
    for said in ("Did we keep you informed?", "Word 1", "Download"):
        assert said not in page.text
    file = client_as(SUPERVISOR).get("/surveys.csv").get_data(as_text=True)
    assert "Word" not in file and "informed" not in file and "Answers,,4" in file


def test_from_five_on_each_question_is_counted_with_their_words_and_no_per_cent_under_twenty(session, client_as):
    given(5)
    page = client_as(SUPERVISOR).get("/surveys")
    assert "Did we keep you informed? Answer Number Part Yes 0 Partly 5 No 0 5 answered: too few for a per cent." in words(page)
    assert "Word 4 of blaby-asb" in page.text
    assert "%)" not in page.text
    given(15, in_time="no", kept_informed="yes")
    page = words(client_as(SUPERVISOR).get("/surveys"))
    assert "Did we keep you informed? Answer Number Part Yes 15 (75%) Partly 5 (25%) No 0 (0%)" in page
    assert "Were you offered support? Answer Number Part Yes 0 No 0 I did not need any 0 0 answered: too few for a per cent." in page


def test_supervisors_see_their_own_partners_and_governance_and_analysts_all(session, client_as):
    given(5)
    given(6, "charnwood-asb")
    for email, n, seen, unseen in (
        (SUPERVISOR, 5, "Word 0 of blaby-asb", "Word 0 of charnwood-asb"),
        (THEIRS, 6, "Word 0 of charnwood-asb", "Word 0 of blaby-asb"),
        (GOVERNANCE, 11, "Word 0 of blaby-asb", None),
        ("analyst@county.example", 11, "Word 0 of charnwood-asb", None),
    ):
        page = client_as(email).get("/surveys").text
        assert f"{n} surveys answered" in page and seen in page, email
        assert unseen is None or unseen not in page, email
    client_as("officer@blaby.example").get("/surveys", status=403)


def test_no_team_is_shown_from_which_a_small_one_could_be_reckoned(session, client_as):
    given(5)
    given(6, "charnwood-asb")
    given(3, "melton-asb")
    page = client_as(GOVERNANCE).get("/surveys").text
    blaby, charnwood, melton = (factories.team(slug) for slug in ("blaby-asb", "charnwood-asb", "melton-asb"))
    shown = [team for team in (blaby, charnwood, melton) if f'value="{team.id}"' in page]
    assert shown in ([], [charnwood])  # 14 in all, 6 of these: what is left is 8 of two teams
    for hidden_one in (blaby, melton):
        assert "14 surveys answered." in words(client_as(GOVERNANCE).get(f"/surveys?team={hidden_one.id}"))
    client_as(GOVERNANCE).get("/surveys?team=nonsense")


def test_words_that_would_run_in_a_spreadsheet_do_not(session, client_as):
    given(5, expected='=HYPERLINK("http://a")')
    assert "'=HYPERLINK" in client_as(SUPERVISOR).get("/surveys.csv").get_data(as_text=True)


def test_two_who_answer_by_one_link_at_once_are_one_answer(real_app, real_session):
    token = asked()
    real_session.commit()
    start = Barrier(2)

    def send(said):
        with real_app.app_context(), viewer.acting_as(viewer.system("sign-in")):
            start.wait()
            done = service.answer(token=token, sent_as=uuid4(), answers=ANSWERS, expected=said, shown=False)
            db.session.commit()
            return done

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(send, ("first", "second"))) == [False, True]
    assert len(kept()) == 1
