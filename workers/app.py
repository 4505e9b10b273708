"""The worker's Celery application: the same code, under the worker's database role."""

from config.settings import settings
from sentinel import create_app

flask_app = create_app(database_url=settings().worker_database_url)
celery = flask_app.extensions["celery"]

from workers import schedule  # noqa: E402

celery.conf.beat_schedule = schedule.BEAT
celery.conf.include = schedule.MODULES
