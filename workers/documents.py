"""Files: those the virus scanner has not answered about."""

from sentinel.documents import scanning, service
from workers.app import celery


@celery.task(name="documents.scan_waiting")
def scan_waiting() -> None:
    """Ask the scanner again, where there is one."""
    if scanning.is_set_up():
        service.scan_waiting()
