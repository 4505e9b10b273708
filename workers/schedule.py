"""What runs when, and why."""

from typing import Any

MODULES: list[str] = []

BEAT: dict[str, Any] = {}
