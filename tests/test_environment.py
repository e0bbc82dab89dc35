"""The environment: every variable is documented, and a wrong one says what to write instead."""

import itertools
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured

from bifrost import settings
from bifrost.access import auth_mode
from bifrost.env import Environment

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"^#([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
FOR_COMPOSE_ONLY = {"GRAFANA_PASSWORD", "POSTGRES_PASSWORD", "STORE_PASSWORD"}
COMPOSE = ("docker-compose.yml", "deploy/docker-compose.monitoring.yml")
# What the machine needs to run Python at all. Nothing else of ours may leak into these tests.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


LOAD = "from bifrost import settings; print('loaded', settings.PORT)"


def load_settings(folder, program=LOAD, **variables):
    """Load the settings in a process of its own; what it prints is the outcome."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, "BIFROST_DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def documented():
    return dict(VARIABLE.findall((ROOT / ".env.example").read_text()))


def test_example_names_exactly_the_variables_that_the_settings_read():
    assert set(documented()) - FOR_COMPOSE_ONLY == settings.env.known


def test_example_names_exactly_the_variables_that_compose_asks_for():
    compose = "".join((ROOT / name).read_text() for name in COMPOSE)
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", compose))
    assert asked <= set(documented())
    assert asked >= FOR_COMPOSE_ONLY


def test_every_variable_has_an_explanation_above_it():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if VARIABLE.match(line):
            assert before.startswith("# "), f"{line} stands alone"


def test_values_of_the_example_are_those_without_it(tmp_path):
    found = load_settings(
        tmp_path, **{k: v for k, v in documented().items() if k != "BIFROST_DATA"}
    )
    assert found.stdout == "loaded 8080\n", found.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "PORT='http' is not a whole number: write 8080."),
        ("PORT", "70000", "PORT=70000 must lie between 1 and 65535."),
        ("BIFROST_POLL_SECONDS", "soon", "is not a number: write 5."),
        ("BIFROST_POLL_SECONDS", "nan", "must lie between"),
        ("SANDBOX", "perhaps", "SANDBOX='perhaps' is neither yes nor no: write 1 or 0."),
        ("BIFROST_AUTH", "none", "write open or keys."),
        ("BIFROST_WEB_PROCESES", "3", "did you mean BIFROST_WEB_PROCESSES?"),
        ("BIFROST_PUBLIC_URL", "bifrost.example.com", "write https://bifrost.example.com."),
        ("BIFROST_SECRET_KEY", "short", "write 50 random characters or more."),
        ("BIFROST_ENCRYPTION_KEYS", "secret", "`python -m bifrost.keys` prints."),
        ("DATABASE_URL", "mysql://root@localhost/x", "write postgresql://user:password@host"),
        ("DATABASE_URL", "nonsense", "write postgresql://user:password@host"),
        ("CELERY_BROKER_URL", "kafka://localhost", "write redis://host:6379/0"),
        ("BIFROST_STORAGE_URL", "gs://bucket", "write s3://bucket/prefix or a folder."),
        ("BIFROST_SANDBOX_URL", "localhost:8090", "write http://127.0.0.1:8090."),
        ("OPENAI_BASE_URL", "api.openai.com", "write https://api.openai.com/v1."),
        ("BIFROST_SSO_HEADER", "X-Forwarded-Email", "say BIFROST_BEHIND_PROXY=1."),
        ("BIFROST_PROXIES", "0", "must lie between 1 and 16."),
        ("BIFROST_UPSTREAM_HOSTS", "https://a.test", "which is no host: write api.example.com"),
        ("OPENAI_BASE_URL", "https://a.test:99999", "write https://api.openai.com/v1."),
        ("BIFROST_LOG_LEVEL", "LOUD", "write DEBUG or INFO or WARNING or ERROR."),
    ],
)
def test_wrong_value_stops_the_start_with_a_sentence(name, value, sentence, tmp_path):
    found = load_settings(tmp_path, **{name: value})
    assert found.returncode != 0
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert name in last
    assert sentence in last


LOCAL = [
    {},
    {"BIFROST_BIND": "::1"},
    {"BIFROST_BIND": "127.0.0.2", "BIFROST_PUBLIC_URL": "http://bifrost.localhost:8080"},
]
PUBLIC = [
    {"BIFROST_BIND": "0.0.0.0"},
    {"BIFROST_BIND": "::"},
    {"BIFROST_PUBLIC_URL": "https://bifrost.example.com"},
    {"BIFROST_PUBLIC_URL": "http://localhost.example.com"},
]


@pytest.mark.parametrize("variables", LOCAL)
def test_on_its_own_machine_it_is_open(variables):
    assert mode(variables) == "open"
    assert mode({**variables, "BIFROST_AUTH": "keys"}) == "keys"


@pytest.mark.parametrize("variables", PUBLIC)
def test_where_others_reach_it_it_asks_for_keys(variables):
    assert mode(variables) == "keys"


@pytest.mark.parametrize("variables", PUBLIC)
def test_open_to_others_is_refused_until_it_is_confirmed(variables):
    opened = {**variables, "BIFROST_AUTH": "open"}
    with pytest.raises(ImproperlyConfigured, match="BIFROST_OPEN_TO_ALL=1"):
        mode(opened)
    assert mode({**opened, "BIFROST_OPEN_TO_ALL": "1"}) == "open"


def mode(variables):
    env = Environment(variables)
    address = env.address("BIFROST_PUBLIC_URL", "http://localhost:8080", example="")
    bind = env.text("BIFROST_BIND", "127.0.0.1")
    return auth_mode(env, bind=bind, public_host=urlsplit(address).hostname)


@pytest.mark.parametrize("process", ["everything", "prepare", "web", "worker", "beat"])
def test_no_process_starts_that_would_be_open_to_others(process, tmp_path):
    refused = _launch(tmp_path, "/dev/null", process, BIFROST_AUTH="open", BIFROST_BIND="0.0.0.0")
    assert refused.returncode != 0
    assert "BIFROST_AUTH=open lets everybody who reaches 0.0.0.0 in" in refused.stderr


def test_secrets_are_not_repeated_in_an_error(tmp_path):
    for name in ("BIFROST_SECRET_KEY", "BIFROST_ENCRYPTION_KEYS"):
        assert "hunter2" not in load_settings(tmp_path, **{name: "hunter2"}).stderr
    wrong = load_settings(tmp_path, DATABASE_URL="mysql://root:hunter2@localhost/x")
    assert "hunter2" not in wrong.stderr


def test_cookies_are_bound_to_the_host_where_there_is_tls(tmp_path):
    asked = "from bifrost import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    found = load_settings(tmp_path, asked, BIFROST_PUBLIC_URL="https://bifrost.example.com")
    assert found.stdout == "__Host-bifrost_session __Host-bifrost_csrf\n"
    assert load_settings(tmp_path, asked).stdout == "bifrost_session bifrost_csrf\n"


def test_empty_value_is_the_default(tmp_path):
    assert load_settings(tmp_path, PORT="", BIFROST_PUBLIC_URL=" ").stdout == "loaded 8080\n"


def test_keys_that_were_made_once_stay(tmp_path):
    load_settings(tmp_path)
    made = {name: (tmp_path / name).read_text() for name in ("secret_key", "encryption_key")}
    load_settings(tmp_path)
    assert made == {name: (tmp_path / name).read_text() for name in made}
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_every_direct_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["sandbox"],
        *(line for group in project["dependency-groups"].values() for line in group),
    ]
    names = {re.split(r"[<>=~]", requirement)[0] for requirement in asked}
    page = (ROOT / "docs/dependencies.md").read_text()
    told = set(re.findall(r"^\| (\w[\w\[\],-]*) \|", page, re.MULTILINE))
    assert told - {"package"} == names


def _launch(folder, env_file, process="healthy", **variables):
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bifrost.run", process],
        cwd=ROOT,
        env={
            **environment,
            "BIFROST_DATA": str(folder),
            "BIFROST_ENV_FILE": str(env_file),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_file_is_read_and_the_environment_wins(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("PORT=wrong\n")
    assert _launch(tmp_path, file).stderr == (
        "bifrost: PORT='wrong' is not a whole number: write 8080.\n"
    )
    assert "does not answer" in _launch(tmp_path, file, PORT="1").stdout


def test_file_that_is_not_there_is_said(tmp_path):
    assert "BIFROST_ENV_FILE=" in _launch(tmp_path, tmp_path / "nowhere").stderr
