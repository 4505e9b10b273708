"""The post: what waits in the outbox."""

from sentinel.post import delivery
from workers.app import celery


@celery.task(name="post.deliver")
def deliver() -> None:
    """Send what is due."""
    delivery.deliver()
