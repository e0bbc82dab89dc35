"""Every setting of the project, read from the environment. `.env.example` documents each one."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured

from bifrost.access import auth_mode
from bifrost.env import Environment, host_of
from bifrost.keys import encryption_keys, secret_key
from bifrost.menu import MENU
from bifrost.patience import LONGEST_HOURS, patience
from bifrost.theme import THEME

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = re.findall(r"^## v(\S+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
MEGABYTE = 2**20

env = Environment()
env.text("BIFROST_ENV_FILE")  # Read before this, by load_file.

DATA = env.folder("BIFROST_DATA", BASE_DIR / "var")
DEBUG = env.flag("BIFROST_DEBUG")
SECRET_KEY = secret_key(env.text("BIFROST_SECRET_KEY"), DATA / "secret_key")
ENCRYPTION_KEYS = encryption_keys(env.words("BIFROST_ENCRYPTION_KEYS"), DATA / "encryption_key")

PORT = env.whole("PORT", 8080, most=65535)
BIND = env.text("BIFROST_BIND", "127.0.0.1")
PUBLIC_URL = env.address(
    "BIFROST_PUBLIC_URL", f"http://localhost:{PORT}", example="https://bifrost.example.com"
)
# What clients of AWS sign, where a proxy changes the host or the path.
SIGNED_URL = env.address("BIFROST_SIGNED_URL", example="https://example.com/llm")
HTTPS = PUBLIC_URL.startswith("https://")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "localhost"
# Clients of S3 put the name of a bucket before that of the host.
ALLOWED_HOSTS = env.words("BIFROST_ALLOWED_HOSTS") or [
    *("localhost", "127.0.0.1", "[::1]", PUBLIC_HOST),
    *(".localhost", f".{PUBLIC_HOST}"),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
WEB_PROCESSES = env.whole("BIFROST_WEB_PROCESSES", 2, most=64)
WEB_THREADS = env.whole("BIFROST_WEB_THREADS", 256, most=4096)
WORKER_PROCESSES = env.whole("BIFROST_WORKER_PROCESSES", 2, most=256)
ADMIN_USER = env.text("BIFROST_ADMIN_USER", "admin")
ADMIN_PASSWORD = env.text("BIFROST_ADMIN_PASSWORD")

# What clients may do
AUTH = auth_mode(env, bind=BIND, public_host=PUBLIC_HOST)
DIRECT_KEYS = env.flag("BIFROST_DIRECT_KEYS")
MAX_FILE_BYTES = env.whole("BIFROST_MAX_FILE_BYTES", 2 * 1024 * MEGABYTE)
MAX_JSON_BYTES = env.whole("BIFROST_MAX_JSON_BYTES", 4 * MEGABYTE)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_BYTES
STALL_SECONDS = env.number("BIFROST_STALL_SECONDS", 60, least=1, most=3600)

# The life of a batch
POLL_SECONDS = env.number("BIFROST_POLL_SECONDS", 5, least=0.05, most=3600)
LEASE_SECONDS = env.number("BIFROST_LEASE_SECONDS", 300, least=1, most=86400)
OUTSIDE_SECONDS = env.number("BIFROST_OUTSIDE_SECONDS", 900, least=0, most=86400)
SWEEP_SECONDS = env.number("BIFROST_SWEEP_SECONDS", 5, least=0.05, most=3600)
STUCK_HOURS = env.number("BIFROST_STUCK_HOURS", 25, least=0.01, most=LONGEST_HOURS)
STUCK_HOURS_BY = patience(env, "BIFROST_STUCK_HOURS_BY", "openai=12")

# Whether webhooks may lie on this machine or in a private network, and speak plain HTTP
WEBHOOK_PRIVATE = env.flag("BIFROST_WEBHOOK_PRIVATE", default=AUTH == "open")

# The accounts at providers that the environment names, made into credentials by `manage.py prepare`
SANDBOX = env.flag("SANDBOX")
SANDBOX_URL = env.address("BIFROST_SANDBOX_URL", example="http://127.0.0.1:8090")
SANDBOX_SECONDS = env.number("BIFROST_SANDBOX_SECONDS", 6, least=0, most=86400)
OPENAI_API = "https://api.openai.com/v1"
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.address("OPENAI_BASE_URL", OPENAI_API, example=OPENAI_API)
ANTHROPIC_API = "https://api.anthropic.com"
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.address("ANTHROPIC_BASE_URL", ANTHROPIC_API, example=ANTHROPIC_API)
GEMINI_API = "https://generativelanguage.googleapis.com"
GEMINI_API_KEY = env.text("GEMINI_API_KEY")
GOOGLE_GEMINI_BASE_URL = env.address("GOOGLE_GEMINI_BASE_URL", GEMINI_API, example=GEMINI_API)
# The account at AWS itself is boto3's to find: environment, profile or the role of the machine.
BEDROCK_S3_BUCKET = env.text("BEDROCK_S3_BUCKET")
BEDROCK_ROLE_ARN = env.text("BEDROCK_ROLE_ARN")
PROVIDER_KEYS = {
    "OPENAI_API_KEY": OPENAI_API_KEY,
    "ANTHROPIC_API_KEY": ANTHROPIC_API_KEY,
    "GEMINI_API_KEY": GEMINI_API_KEY,
    "BEDROCK_S3_BUCKET": BEDROCK_S3_BUCKET,
}

# Where a credential may send its secret. What the environment names itself, it may.
VENDOR_HOSTS = [
    *("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"),
    *(
        f"{service}.{domain}"
        for service in ("s3.*", "bedrock.*", "bedrock-runtime.*")
        for domain in ("amazonaws.com", "amazonaws.com.cn")
    ),
]
# Names of boto3's own.
AWS_ENDPOINTS = [
    env.address(f"AWS_ENDPOINT_URL{service}", example="https://aws.example.com")
    for service in ("", "_S3", "_BEDROCK", "_BEDROCK_RUNTIME")
]
NAMED_ADDRESSES = [
    *(OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL, SANDBOX_URL),
    *AWS_ENDPOINTS,
]
UPSTREAM_HOSTS = [
    *(env.hosts("BIFROST_UPSTREAM_HOSTS") or (["*"] if AUTH == "open" else VENDOR_HOSTS)),
    *(host_of(address) for address in NAMED_ADDRESSES if address),
]

# What it tells those who look after it
METRICS_TOKEN = env.text("BIFROST_METRICS_TOKEN")
METRICS_WORKSPACES = env.whole("BIFROST_METRICS_WORKSPACES", 100, least=0, most=10_000)
# OpenTelemetry's own name, as are the others that its SDK reads.
TRACES_URL = env.address("OTEL_EXPORTER_OTLP_ENDPOINT", example="http://127.0.0.1:4318")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    # Its pages are made with the URLs: only the web process has a use for them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "bifrost",
    "providers",
    "files",
    "batches",
    "gateway",
    "axes",
]
MIDDLEWARE = [
    *(["bifrost.traced.traced"] if TRACES_URL else []),
    "gateway.turns.take_turns",
    "bifrost.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bifrost.middleware.browser_policy",
    "gateway.straight.straight",
    "bifrost.middleware.no_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bifrost.single_sign_on.SingleSignOn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "bifrost.urls"
WSGI_APPLICATION = "bifrost.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = env.text("DATABASE_URL")
SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "bifrost.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL",
    },
    # A file, as in earnest: tests kill processes that share it.
    "TEST": {"NAME": DATA / "test.sqlite3"},
}


def postgresql(url: str) -> dict[str, Any]:
    """The database behind a URL, with a pool, since more threads serve than it takes connections."""
    try:
        database = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL is malformed: {DATABASE_HINT}") from error
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"DATABASE_URL names no PostgreSQL: {DATABASE_HINT}")
    pool = {"min_size": 1, "max_size": DATABASE_CONNECTIONS, "timeout": 30}
    options: dict[str, Any] = database.get("OPTIONS") or {}  # type: ignore[assignment]
    return {**database, "OPTIONS": {**options, "pool": pool}}


DATABASE_HINT = "write postgresql://user:password@host:5432/name, or leave it out for SQLite."
DATABASE_CONNECTIONS = env.whole("BIFROST_DATABASE_CONNECTIONS", 16, most=1000)
DATABASES = {"default": postgresql(DATABASE_URL) if DATABASE_URL else SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGE_ENDPOINT = AWS_ENDPOINTS[1] or AWS_ENDPOINTS[0]
STORAGE_URL = env.text("BIFROST_STORAGE_URL", str(DATA / "files"))
if "://" in STORAGE_URL and urlsplit(STORAGE_URL).scheme not in ("s3", "file"):
    raise ImproperlyConfigured(
        f"BIFROST_STORAGE_URL={STORAGE_URL!r} is no store: write s3://bucket/prefix or a folder."
    )


def store(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "s3":
        options = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
        if STORAGE_ENDPOINT:
            # Few stores but Amazon's give every bucket a host name of its own.
            options |= {"endpoint_url": STORAGE_ENDPOINT, "addressing_style": "path"}
        return {"BACKEND": "files.object_store.ObjectStore", "OPTIONS": options}
    folder = Path(parts.path if parts.scheme else url).expanduser().absolute()
    return {"BACKEND": "files.storage.FolderStore", "OPTIONS": {"location": folder}}


STORAGES = {
    "default": store(STORAGE_URL),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("BIFROST_STATIC", DATA / "static")

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "embedded://localhost")
BROKERS = ("embedded", "redis", "rediss", "amqp", "amqps")
if CELERY_BROKER_URL.split(":")[0] not in BROKERS:
    raise ImproperlyConfigured(
        "CELERY_BROKER_URL names no broker that Bifrost knows: write redis://host:6379/0 or "
        "amqp://user:password@host:5672//, or leave it out for the embedded one."
    )

LOG_FORMAT = env.choice("BIFROST_LOG_FORMAT", ("text", "json"), "text")
LOG_LEVEL = env.choice("BIFROST_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request": {"()": "bifrost.logs.RequestFilter"},
        "failures": {"()": "bifrost.logs.FailureFilter"},
    },
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"filters": ["failures"]},
        # The INFO lines of these name hosts, buckets and keys of clients, or every single task.
        **{
            name: {"level": "WARNING"}
            for name in ("boto3", "botocore", "s3transfer", "urllib3", "celery", "axes")
        },
    },
}

USE_TZ = True
TIME_ZONE = "UTC"
# The admin speaks one language: pages need not ask for each word, and for the names of a hundred others.
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
USE_I18N = False

# Browsers keep such a cookie from other hosts of the same domain, but take it over TLS only.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}bifrost_session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}bifrost_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.flag("BIFROST_REDIRECT_TO_HTTPS", default=True) and HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.flag("BIFROST_BEHIND_PROXY")
PROXIES = env.whole("BIFROST_PROXIES", 1, most=16)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Pages of the admin. Alpine, which moves them, makes functions of the text in their attributes, and
# the theme has styles in its pages.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "script-src": [csp.SELF, csp.UNSAFE_EVAL],
        "style-src": [csp.SELF, csp.UNSAFE_INLINE],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    }
}

# Who may log in to the admin
SSO_HEADER = env.text("BIFROST_SSO_HEADER")
SSO_ADMINS = {name.lower() for name in env.words("BIFROST_SSO_ADMINS")}
if SSO_HEADER and not BEHIND_PROXY:
    raise ImproperlyConfigured(
        "BIFROST_SSO_HEADER lets anybody in who can send that header: put a proxy before Bifrost "
        "that sets it, and say BIFROST_BEHIND_PROXY=1."
    )
AUTHENTICATION_BACKENDS = [
    *(["bifrost.single_sign_on.SingleSignOnBackend"] if SSO_HEADER else []),
    "axes.backends.AxesStandaloneBackend",
    "providers.roles.MembershipBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "bifrost.logins.Attempts"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "bifrost.logins.locked_out"
AXES_CLIENT_IP_CALLABLE = "bifrost.logins.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# What is typed as a name is a password now and then. Neither in the log nor in the rows' form data.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}


UNFOLD = {**THEME, "SIDEBAR": {"navigation": MENU}}

env.refuse_unknown()
