"""Links by which a password is set: once, for some minutes, by whoever was sent it, and never by looking at them."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text

from sentinel.access import credentials, links
from sentinel.access.models import AccessLink
from sentinel.core.errors import NotAllowed, Refused
from sentinel.post import delivery
from sentinel.post.models import Outbox
from tests import factories as make
from tests.integration.carriers import mail_server

pytestmark = pytest.mark.security
NEW = "a thimble for the heron"


def handed_over(session, kind="invitation"):
    """A link made and handed over; the part of its address after the host."""
    link = links.send_link(actor=make.user("admin@blaby.example"), user=make.user(), kind=kind)
    path = urlsplit(links.address_to_hand_over(link)).path
    session.commit()
    return link, path.rpartition("/")[2]


def test_a_link_sets_the_password_once(session):
    _, token = handed_over(session)
    links.use(token, NEW)
    session.commit()
    assert credentials.check_password("officer@blaby.example", NEW).email == "officer@blaby.example"
    assert credentials.check_password("officer@blaby.example", make.PASSWORD) is None
    with pytest.raises(Refused, match="Ask your local administrator"):
        links.use(token, "another one altogether")
    assert credentials.check_password("officer@blaby.example", NEW)


def test_a_link_dies_after_fifteen_minutes(session):
    link, token = handed_over(session)
    link.expires_at -= timedelta(minutes=14, seconds=50)
    assert links.opened(token).id == link.id
    link.expires_at -= timedelta(seconds=11)
    with pytest.raises(Refused, match="too old"):
        links.opened(token)


def test_a_guessed_or_altered_link_and_one_of_another_installation_open_nothing(session, app):
    _, token = handed_over(session)
    other = links._serializer()
    other.secret_keys = ["another installation's"]
    for wrong in ("", "x", token[:-1], token + "x", token.upper(), other.dumps(other.loads_unsafe(token)[1]), "WyIxIiwyXQ.x"):
        with pytest.raises(Refused, match="does not work any more"):
            links.opened(wrong)


def test_a_new_link_ends_the_one_before(session):
    _, first = handed_over(session)
    _, second = handed_over(session, "reset")
    with pytest.raises(Refused):
        links.opened(first)
    assert links.opened(second).kind == "reset"


def test_a_closed_account_gets_no_link_and_its_open_one_is_dead(session):
    _, token = handed_over(session)
    make.user().disabled_at = links.clock.now()
    session.flush()
    with pytest.raises(Refused):
        links.opened(token)
    with pytest.raises(Refused, match="closed"):
        links.send_link(actor=None, user=make.user(), kind="reset")


def test_an_address_is_handed_over_once_and_never_where_there_is_e_mail(session, app):
    link, _ = handed_over(session)
    with pytest.raises(NotAllowed):
        links.address_to_hand_over(link)


def test_where_there_is_e_mail_the_link_goes_out_by_it_and_its_minutes_begin_then(session, app):
    with mail_server() as server:
        before = app.config["SENTINEL"]
        app.config["SENTINEL"] = before.model_copy(update={"smtp_url": server.url})
        try:
            link = links.send_link(actor=None, user=make.user(), kind="reset")
            session.commit()
            assert link.expires_at is None
            with pytest.raises(NotAllowed):
                links.address_to_hand_over(link)
            assert delivery.deliver().sent == 1
        finally:
            app.config["SENTINEL"] = before
        (got,) = server.got
    session.expire_all()
    assert got["Subject"] == "Sentinel: your link"
    assert got["To"] == "officer@blaby.example"
    address = next(line for line in got.get_content().splitlines() if "/link/" in line)
    assert links.opened(address.rpartition("/")[2]).id == link.id


def test_a_link_ended_before_it_was_sent_is_not_sent(session, app):
    with mail_server() as server:
        before = app.config["SENTINEL"]
        app.config["SENTINEL"] = before.model_copy(update={"smtp_url": server.url})
        try:
            for _ in range(2):
                links.send_link(actor=None, user=make.user(), kind="reset")
            session.commit()
            delivery.deliver()
        finally:
            app.config["SENTINEL"] = before
        assert len(server.got) == 1
    assert sorted(session.scalars(select(Outbox.state).where(Outbox.template == "access_link"))) == ["cancelled", "sent"]


def test_nothing_that_is_kept_opens_a_link(session):
    """Everything a thief of the database has, read back: no column holds the token or a hash of it."""
    link, token = handed_over(session)
    kept = session.execute(text("SELECT l::text FROM access_link l WHERE id = :id"), {"id": link.id}).scalar()
    assert token not in kept and token.rpartition(".")[2] not in kept


def test_the_record_tells_of_the_link_and_holds_no_secret(session):
    link, token = handed_over(session)
    links.use(token, NEW)
    session.commit()
    said = session.execute(
        text("SELECT op, payload_digest FROM audit_entry WHERE kind = 'access' AND row_id = :id ORDER BY id DESC LIMIT 3"),
        {"id": str(link.user_id)},
    ).all()
    assert said == [("invitation_used", None), ("password_set", None), ("invitation_made", None)]
    assert session.scalar(select(AccessLink.used_at).where(AccessLink.id == link.id))
