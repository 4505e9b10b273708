"""Styles: without the fonts and marks that belong to GOV.UK; nothing but the pinned package."""

from pathlib import Path

import pytest

from sentinel.core.errors import Refused
from sentinel.core.instance import assets

SHEET = (
    "@font-face{font-family:GDS Transport;src:url(/assets/fonts/bold.woff2)}.a{font-family:GDS Transport,arial,sans-serif}"
    ".govuk-footer__copyright-logo:before{background-image:url(/assets/images/govuk-crest.svg)}"
    "@supports (mask-position:initial){.b{mask-image:url(/assets/images/govuk-crest.svg)}}/*# sourceMappingURL=a.css.map */"
)


def test_fonts_crest_and_addresses_of_files_we_do_not_ship_are_gone() -> None:
    assert assets.cleaned(SHEET) == ".a{font-family:Arial,Helvetica,sans-serif}@supports (mask-position:initial){.b{mask-image:none}}"


def test_a_package_with_other_bytes_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "govuk-frontend-6.3.0.tgz"
    package.write_bytes(b"something else")

    with pytest.raises(Refused, match="is not the package Sentinel was made with"):
        assets._check(package)


def test_assets_are_missing_until_all_of_them_are_there(tmp_path: Path) -> None:
    assert not assets.present(tmp_path)
    (tmp_path / assets.STAMP).write_text(assets._mark())
    (tmp_path / assets.FILES[0]).write_text("")
    assert not assets.present(tmp_path)
    (tmp_path / assets.FILES[1]).write_text("")
    assert assets.present(tmp_path)
