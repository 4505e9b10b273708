"""Files people take away carry the marking, and nothing in them is worked out by a spreadsheet."""

import csv
import io

import pytest

from sentinel.core.exports import csv_response

pytestmark = pytest.mark.security


def read(response):
    return list(csv.reader(io.StringIO(response.get_data(as_text=True).lstrip("\ufeff"))))


def test_the_marking_is_the_first_row_then_the_header_then_the_rows():
    rows = read(csv_response("looks", ["When", "How many"], [["Friday", 3], ["Siobhán", None]]))
    assert rows == [["OFFICIAL-SENSITIVE"], ["When", "How many"], ["Friday", "3"], ["Siobhán", ""]]


@pytest.mark.parametrize("cell", ["=1+1", "+44 116", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "  =1+1", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(cell):
    assert read(csv_response("looks", [cell], [[cell]]))[1:] == [["'" + cell], ["'" + cell]]


def test_a_number_below_nothing_stays_a_number():
    assert read(csv_response("figures", ["n"], [[-3]]))[2] == ["-3"]
