"""Celery: what runs without a person waiting for it."""
