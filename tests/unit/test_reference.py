"""References: made with check digits, mended where that is safe, refused with a sentence where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.core import reference

references = st.builds(reference.make, st.integers(2000, 2099), st.integers(1, 999_999))


def test_a_reference_is_year_sequence_and_two_check_digits() -> None:
    assert reference.make(2026, 4217) == "26-004217-85"
    assert reference.make(2026, 10482) == "26-010482-11"  # as on the drawn screens


@given(st.integers(2000, 2099), st.integers(1, 999_999))
def test_check_digits_make_the_whole_number_leave_one_when_divided_by_97(year: int, sequence: int) -> None:
    assert int(reference.make(year, sequence).replace("-", "")) % 97 == 1  # ISO 7064 MOD 97-10, said by itself


@given(references)
def test_what_was_made_is_read_back(made: str) -> None:
    assert reference.parse(made) == made


@pytest.mark.parametrize(
    "typed", ["26-004217-85", " 26 004217 85 ", "2600421785", "２６－００４２１７－８５", "26–004217—85", "26.004217.85\n"]
)
def test_spaces_missing_hyphens_and_full_width_digits_are_mended(typed: str) -> None:
    assert reference.parse(typed) == "26-004217-85"


@given(references, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_caught(made: str, place: int, shift: int) -> None:
    digits = list(made.replace("-", ""))
    digits[place] = str((int(digits[place]) + shift) % 10)
    with pytest.raises(reference.ReferenceError, match="Check the reference"):
        reference.parse("".join(digits))


@given(references, st.integers(0, 8))
def test_two_digits_that_changed_places_are_caught(made: str, place: int) -> None:
    digits = list(made.replace("-", ""))
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    if digits != list(made.replace("-", "")):
        with pytest.raises(reference.ReferenceError, match="changed places"):
            reference.parse("".join(digits))


@pytest.mark.parametrize(
    ("typed", "says"), [("", "ten digits"), ("26-00421-85", "this has 9"), ("abc", "digits only"), ("٢٦٠٠٤٢١٧٨٥", "digits only")]
)
def test_what_is_no_reference_is_refused_with_what_to_do(typed: str, says: str) -> None:
    with pytest.raises(reference.ReferenceError, match=says):
        reference.parse(typed)


@given(st.text(max_size=30))
def test_any_text_is_either_read_or_refused(typed: str) -> None:
    try:
        assert reference.parse(reference.parse(typed)) == reference.parse(typed)
    except reference.ReferenceError as refusal:
        assert refusal.sentence.endswith(".")


def test_a_mistyped_reference_still_looks_like_one() -> None:
    assert reference.looks_like("26 004217 84")
    assert not reference.looks_like("07700 900318")


@pytest.mark.parametrize(("year", "sequence"), [(2026, 0), (2026, 1_000_000), (1999, 1), (2100, 1)])
def test_a_number_outside_the_scheme_is_never_made(year: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="No reference"):
        reference.make(year, sequence)
