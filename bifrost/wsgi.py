"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application

from gateway.stalls import watched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
application = watched(get_wsgi_application())
