"""What the web server calls."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from gateway.stalls import Application, watched
from providers import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
application = get_wsgi_application()
# All that requests need, so that the processes of the server share it.
import_module(settings.ROOT_URLCONF)


def served() -> Application:
    """The application with the threads that a process has for itself: to be called after the fork."""
    tracing.start("web")
    return watched(application)
