"""A Chromium for the browser tests: the only part of Sentinel's own tests that pip cannot bring."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = "There is no Chromium on this machine, so browser tests are skipped. Debian and Ubuntu: apt-get install chromium."


def chromium() -> str | None:
    """The path of a Chromium or Chrome, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)
