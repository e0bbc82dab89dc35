"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application

from gateway.stalls import watched
from providers import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
application = watched(get_wsgi_application())
# Here, since each process of the server imports this after it was forked.
tracing.start("web")
