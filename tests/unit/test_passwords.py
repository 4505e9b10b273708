"""Which passwords are refused: each of these by a reason that anybody can check, and none of the others."""

import runpy

import pytest
from argon2 import Type, extract_parameters
from argon2.exceptions import VerifyMismatchError

from sentinel.access import credentials, passwords
from sentinel.access.browsers import in_words

pytestmark = pytest.mark.security


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "abcdefghijkl",
        "987654321098",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "poiuytrewqlkjh",
        "Password2026!",
        "P@ssw0rd1234",
        "November 2026",
        "Summer-2025-Summer-2025",
        "Leicester City 1",
        "tigers leicester",
        "Victim First",
        "sentinel2026",
        "Sentinel Sentinel",
        "correct horse battery staple",
        "Correct-Horse-Battery-Staple",
        "\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11\uff12\uff13\uff14",
    ],
)
def test_what_anybody_would_try_first_is_refused(password):
    assert passwords.is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "a thimble for the heron",
        "jq7vk2 pz9xw4",
        "kettle brine oxbow",
        "Siobh\u00e1n never sings",
        "\u96e8\u306e\u65e5\u306b\u306f\u672c\u3092\u8aad\u3080\u306e\u304c\u597d\u304d\u3067\u3059",
    ],
)
def test_what_nobody_would_guess_is_taken_whatever_it_is_made_of(password):
    assert not passwords.is_common(password)


def test_the_list_refuses_tens_of_thousands_that_are_long_enough():
    assert sum(len(entry) >= 12 for entry in passwords.common()) > 50_000


@pytest.mark.parametrize(
    ("password", "personal"), [("Jaswinder Bell 1", True), ("blaby-bell-2026", True), ("bell and a thimble of moss", False)]
)
def test_what_is_made_of_ones_own_name_is_personal(password, personal):
    assert passwords.is_personal(password, ["Jaswinder", "Bell", "officer", "blaby"]) is personal


def test_accents_may_be_composed_either_way():
    assert passwords.normalised("cafe\u0301 au lait") == passwords.normalised("caf\u00e9 au lait")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1", "Safari on an iPhone"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_in_plain_words(said, words):
    assert in_words(said) == words


def test_a_kept_password_is_as_dear_to_guess_as_argon2_recommends():
    dear = runpy.run_path(credentials.__file__)["_hasher"]  # the module's own, which other tests replace by a quicker one
    assert (dear.type, dear.time_cost >= 3, dear.memory_cost >= 64 * 1024, dear.salt_len >= 16) == (Type.ID, True, True, True)


def test_comparing_with_nobodys_password_costs_as_much_as_with_anybodys():
    hasher = credentials._hasher
    assert extract_parameters(credentials._of_nobody()) == extract_parameters(hasher.hash("anybody's"))
    with pytest.raises(VerifyMismatchError):
        hasher.verify(credentials._of_nobody(), "anybody's")
