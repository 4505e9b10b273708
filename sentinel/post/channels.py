"""The ways out of the building that are set up here, and who carries what goes by them."""

from collections.abc import Mapping

from flask import current_app

from config.settings import Settings

NO_EMAIL = "E-mail is not set up here (SENTINEL_SMTP_URL)."
NO_TEXT = "Text messages are not set up here. Ring, or reach them another safe way."
NOT_OFFERED = {"text": NO_TEXT, "email": "E-mail is not set up here."}
NOTIFY, SMTP = "notify", "smtp"
CARRIERS = (NOTIFY, SMTP)
NAMES = {NOTIFY: "GOV.UK Notify", SMTP: "the mail server"}
WAYS = {"email": "E-mail", "text": "Text messages"}


def settings() -> Settings:
    """The settings of this application."""
    found: Settings = current_app.config["SENTINEL"]
    return found


def carriers(chosen: Settings) -> dict[str, str]:
    """Who carries each way that is set up. Notify carries texts; e-mail too where it has a template for it, else the mail server."""
    found = {"email": SMTP} if chosen.smtp_url else {}
    if chosen.notify_api_key:
        found |= {"email": NOTIFY} if chosen.notify_email_template else {}
        found |= {"text": NOTIFY} if chosen.notify_text_template else {}
    return found


def not_set_up() -> Mapping[str, str]:
    """The ways that nothing here can send by to a victim, and what to do instead: none of them is offered to a caller."""
    there = carriers(settings())
    return {way: sentence for way, sentence in NOT_OFFERED.items() if way not in there}


def in_words(chosen: Settings) -> list[str]:
    """ "E-mail goes by the mail server.", "Text messages are not set up." """
    by = carriers(chosen)
    return [
        f"{name} {'goes' if way == 'email' else 'go'} by {NAMES[by[way]]}."
        if way in by
        else f"{name} {'is' if way == 'email' else 'are'} not set up."
        for way, name in WAYS.items()
    ] + ["Letters are printed and posted by you."]
