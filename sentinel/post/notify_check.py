"""Is GOV.UK Notify set up as it has to be? Asked with harmless questions; nothing is sent."""

from collections.abc import Iterator

from config.settings import Settings
from sentinel.post import notify

TEXT, EMAIL = "SENTINEL_NOTIFY_TEXT_TEMPLATE", "SENTINEL_NOTIFY_EMAIL_TEMPLATE"


def doubts(settings: Settings) -> Iterator[str]:
    """What is wrong with the settings of Notify, each in a sentence. Silent where it is not set up at all."""
    wanted = {name: (key, kind) for name, key, kind in _templates(settings) if key}
    if not settings.notify_api_key:
        yield from (f"{name} is set, and SENTINEL_NOTIFY_API_KEY is not: nothing goes by GOV.UK Notify." for name in wanted)
    elif not notify.is_key(settings.notify_api_key):
        yield notify.NOT_A_KEY
    elif not wanted:
        yield f"SENTINEL_NOTIFY_API_KEY is set, and neither {TEXT} nor {EMAIL} is: nothing goes by GOV.UK Notify."
    else:
        for name, (key, kind) in wanted.items():
            yield from _template(settings, name, key, kind)


def _templates(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    return (TEXT, settings.notify_text_template, "sms"), (EMAIL, settings.notify_email_template, "email")


def _template(settings: Settings, name: str, key: str, kind: str) -> Iterator[str]:
    try:
        found = notify.template(key, settings)
    except notify.Unanswered as unanswered:
        yield f"{name}: {unanswered.sentence}"
        return
    if found.get("type") != kind:
        yield f"{name} is a template for {found.get('type')}: it must be one for {kind}."
    elif "((body))" not in str(found.get("body")):
        yield f"{name} must have ((body)) in its text, or messages arrive without their words."
