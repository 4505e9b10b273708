"""Every endpoint is in the access table, and answers each role with a real request as the table says."""

from uuid import UUID

import pytest

from sentinel.access.models import ROLES
from sentinel.demonstration.accounts import ACCOUNTS
from tests.architecture.access_table import ACCESS, PUBLIC, SIGNED_IN
from tests.pages import PageClient

METHODS = ("GET", "POST")
NOTHING = UUID(int=0)
STANDINS = {"UUIDConverter": NOTHING, "RowConverter": 999_999_999, "UnicodeConverter": "when", "PathConverter": "icon.svg"}
ACCOUNT_OF = {account.role: account.email for account in reversed(ACCOUNTS)}


class Knocker(PageClient):
    """Knocks at doors, and says only how they were answered."""

    def knock(self, method: str, path: str) -> int:
        """The status; a redirection to sign-in counts as 401."""
        response = self.ask(method, path, data={"csrf_token": self.token} if method == "POST" else None)
        response.close()
        return 401 if response.status_code == 302 and "/sign-in" in response.headers["Location"] else response.status_code


def doors(app, endpoints):
    """Method and address of each of these endpoints, with keys that lead to nothing."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in endpoints:
                values = {name: STANDINS[type(rule._converters[name]).__name__] for name in rule.arguments}
                path = rule.build(values)[1]
                found += [(method, path) for method in METHODS if method in rule.methods]
    return sorted(found)


def test_the_table_lists_every_endpoint_and_no_other(app):
    assert set(ACCESS) == {rule.endpoint for rule in app.url_map.iter_rules()}


def test_the_table_names_only_roles_there_are_and_there_is_an_account_of_each():
    named = set().union(*(who for who in ACCESS.values() if isinstance(who, set)))
    assert named <= set(ROLES)
    assert set(ACCOUNT_OF) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_open_what_the_table_says_and_nothing_else(role, app):
    person = Knocker(app, ACCOUNT_OF[role])
    allowed = {endpoint for endpoint, who in ACCESS.items() if who == SIGNED_IN or (isinstance(who, set) and role in who)}
    refused = {endpoint for endpoint, who in ACCESS.items() if isinstance(who, set) and role not in who}
    assert [door for door in doors(app, allowed) if person.knock(*door) in (401, 403, 500)] == []
    assert [door for door in doors(app, refused) if person.knock(*door) != 403] == []


def test_whoever_is_not_signed_in_is_led_to_sign_in(app, nobody):
    stranger = Knocker(app, None)
    closed = {endpoint for endpoint, who in ACCESS.items() if who != PUBLIC}
    assert [door for door in doors(app, closed) if stranger.knock(*door) != 401] == []


def test_what_is_public_opens_without_signing_in(real_app):
    stranger = Knocker(real_app, None)
    public = {endpoint for endpoint, who in ACCESS.items() if who == PUBLIC}
    assert [door for door in doors(real_app, public) if door[0] == "GET" and stranger.knock(*door) not in (200, 404)] == []


def test_a_door_without_its_token_stays_shut(app):
    """Every form that changes something carries a token of the session it was shown to."""
    person = Knocker(app, ACCOUNT_OF["supervisor"])
    allowed = {endpoint for endpoint, who in ACCESS.items() if who == SIGNED_IN or (isinstance(who, set) and "supervisor" in who)}
    for method, path in doors(app, allowed):
        if method == "POST":
            person.post(path, csrf=False, status=400)
