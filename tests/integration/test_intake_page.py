"""The call taker's page, through the client: what is shown, refused, kept, saved and read out."""

from sentinel.core import clock


def test_the_page_opens(client_as, at):
    at("2026-12-02 10:42")
    page = client_as("calltaker@blaby.example").get("/reports/new")
    assert "Take a report" in page.text
