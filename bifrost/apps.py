from importlib import import_module

from django.apps import AppConfig

from bifrost.celery import app


class BifrostConfig(AppConfig):
    name = "bifrost"
    # Loaded with Django, so that what the web process enqueues goes to this application's broker.
    celery = app

    def ready(self) -> None:
        import_module("bifrost.beat")
        import_module("bifrost.checks")
        import_module("bifrost.sessions")
        import_module("bifrost.counting")
