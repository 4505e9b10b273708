"""Which revision is the newest, told from the names of files: as Alembic tells it."""

from alembic.script import ScriptDirectory

from sentinel.core import migrate


def test_the_newest_revision_is_the_one_alembic_calls_its_head():
    assert migrate.head() == ScriptDirectory.from_config(migrate.configuration()).get_current_head()
