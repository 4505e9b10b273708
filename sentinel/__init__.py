"""Sentinel: case management of anti-social behaviour for a local partnership. Start reading at README.md."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings


def create_app(database_url: str | None = None, configuration: "Settings | None" = None) -> "Flask":
    """The application (see `sentinel.application`), put together when it is asked for: commands that need none start sooner."""
    from sentinel.application import assemble

    return assemble(database_url, configuration)
