"""The house stands as it is drawn: classes of tables, events, templates, permissions."""

import ast
from pathlib import Path

import sentinel.models  # noqa: F401
from config.settings import ROOT
from sentinel.access.permissions import ALLOWED, Permission
from sentinel.access.visibility import CLASSES
from sentinel.core.db import db
from sentinel.reactions import REACTIONS


def test_every_table_stands_in_exactly_one_visibility_class():
    tables = {*db.metadata.tables, "alembic_version"}
    classed = [table for klass in CLASSES.values() for table in klass.tables]
    assert sorted(classed) == sorted(set(classed)), "a table stands in two classes"
    assert set(classed) == tables


def test_every_visibility_class_lists_its_policies():
    assert all(klass.policies and klass.meaning for klass in CLASSES.values())


def test_every_permission_is_allowed_to_somebody():
    assert set(ALLOWED) == set(Permission)
    assert all(ALLOWED.values())


def test_every_event_of_every_room_stands_in_reactions():
    declared = set()
    for path in sorted((ROOT / "sentinel").glob("*/events.py")):
        if path.parent.name == "core":
            continue
        module = __import__(f"sentinel.{path.parent.name}.events", fromlist=["x"])
        declared |= {getattr(module, node.name) for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}
    assert set(REACTIONS) == declared


def test_every_foreign_key_is_indexed():
    bare = []
    for table in db.metadata.tables.values():
        led_by = {next(iter(index.columns)).name for index in table.indexes} | {next(iter(table.primary_key.columns)).name}
        led_by |= {next(iter(c.columns)).name for c in table.constraints if type(c).__name__ == "UniqueConstraint"}
        bare += [f"{table.name}.{column.name}" for column in table.columns if column.foreign_keys and column.name not in led_by]
    assert [name for name in bare if name not in NEVER_DELETED] == []


# Second columns of keys whose targets are never deleted; nothing looks rows up by them alone.
NEVER_DELETED = {"role_held.team_id"}


def test_only_settings_reads_the_environment():
    readers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "sentinel").rglob("*.py"))
        if "os.environ" in path.read_text() and "core/instance" not in str(path) and "cli/" not in str(path)
    ]
    assert readers == []


def test_only_the_clock_says_what_time_it_is():
    tellers = []
    for folder in ("sentinel", "workers"):
        for path in sorted(Path(ROOT / folder).rglob("*.py")):
            text = path.read_text()
            if path.name != "clock.py" and ("datetime.now(" in text or "utcnow(" in text or "date.today(" in text):
                tellers.append(str(path.relative_to(ROOT)))
    assert tellers == []


def test_every_template_is_used():
    sources = "\n".join(
        p.read_text() for folder in ("sentinel", "templates") for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".html", ".txt")
    )
    unused = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = str(path.relative_to(ROOT / "templates"))
        if name.startswith("errors/"):
            continue
        if f'"{name}"' not in sources and f"'{name}'" not in sources:
            unused.append(name)
    assert unused == []
