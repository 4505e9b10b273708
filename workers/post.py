"""The post: what waits in the outbox."""

from sentinel.post import arrivals, delivery
from workers.app import celery


@celery.task(name="post.deliver")
def deliver() -> None:
    """Send what is due."""
    delivery.deliver()


@celery.task(name="post.ask")
def ask() -> None:
    """Ask what became of what was sent."""
    arrivals.ask()
