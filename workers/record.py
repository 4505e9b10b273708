"""The record: sealed every minute, its anchor posted every day, new looks compared with staff."""

from config.settings import settings
from sentinel.audit import sealing
from sentinel.oversight import flags, letters
from workers.app import celery


@celery.task(name="record.seal")
def seal() -> None:
    """Seal what can be sealed and anchor it."""
    sealing.seal(settings().audit_key, settings().data_dir)


@celery.task(name="record.post_anchor")
def post_anchor() -> None:
    """Send the day's anchor to the information officers."""
    letters.post_anchor()


@celery.task(name="record.flag_looks")
def flag_looks() -> None:
    """Compare new looks with who looked."""
    flags.flag_looks()
