"""The project: settings, routes, the worker and the web process. Wiring only."""

from bifrost.celery import app as celery_app

__all__ = ["celery_app"]
