"""The parts of the launcher, and that containers start exactly what it starts."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from bifrost import run
from bifrost.launch import ports, welcome
from bifrost.launch.commands import COMMANDS
from bifrost.launch.lock import Locked, hold
from bifrost.launch.process import QUICK_ENDS, Process
from providers.models import Credential
from providers.services import prepare_credentials

ROOT = Path(__file__).resolve().parent.parent
OUR_SERVICES = {"prepare", "web", "worker", "beat", "sandbox"}
EXAMPLE = {
    "BIFROST_SECRET_KEY": "x" * 50,
    "BIFROST_ENCRYPTION_KEYS": "x",
    "POSTGRES_PASSWORD": "x",
    "STORE_PASSWORD": "x",
}


@pytest.fixture(scope="module")
def compose():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("name", COMMANDS)
def test_single_process_is_the_one_that_the_launcher_starts(name, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execv", lambda path, argv: started.append((path, argv)))
    monkeypatch.setattr(sys, "argv", ["run", name])
    run.main()
    assert started == [(sys.executable, COMMANDS[name]())]


def test_containers_start_what_the_launcher_starts(compose):
    entry = re.findall(r"^ENTRYPOINT (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert [json.loads(line) for line in entry] == [["python", "-m", "bifrost.run"]]
    commands = {name: compose["services"][name]["command"] for name in OUR_SERVICES}
    assert commands == {name: [name] for name in COMMANDS}


def test_every_service_is_restarted_or_runs_once(compose):
    services = compose["services"]
    assert services["prepare"]["restart"] == "no"
    rest = [service["restart"] for name, service in services.items() if name != "prepare"]
    assert set(rest) == {"unless-stopped"}


def test_services_that_others_wait_for_have_a_health_check(compose):
    services = compose["services"]
    for name in ("web", "sandbox", "postgres", "redis", "store"):
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    waits = services["prepare"]["depends_on"]
    assert {name: how["condition"] for name, how in waits.items()} == dict.fromkeys(
        ("postgres", "redis", "store"), "service_healthy"
    )
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["prepare"]["condition"] == (
            "service_completed_successfully"
        )


def test_no_secret_stands_in_the_containers_files(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("KEY$|KEYS$|PASSWORD$", name) and name != "AWS_ACCESS_KEY_ID":
                assert re.fullmatch(r"\$\{[A-Z_]+:\?.+\}", value), name
    assert not re.search(r"(?i)(key|password|secret)\S*=\S", (ROOT / "Dockerfile").read_text())


def test_compose_takes_the_file():
    found = shutil.which("docker-compose") or shutil.which("docker")
    command = [found, "compose"] if found and found.endswith("docker") else [found]
    if not found or subprocess.run([*command, "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed, so that it could judge docker-compose.yml")
    judged = subprocess.run(
        [*command, "--profile", "sandbox", "config", "--quiet"],
        cwd=ROOT,
        env={**os.environ, **EXAMPLE},
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stderr


def test_image_copies_every_package_and_ignores_the_rest():
    copied = set(re.findall(r"^COPY (\w+) \w+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert copied == packages | {"templates"}
    let_in = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert let_in - {"LICENSE", "requirements"} == copied


def test_process_that_ends_quickly_is_given_up():
    said = []
    process = Process(
        "web", [sys.executable, "-c", "print('no')"], os.environ, lambda *a: said.append(a)
    )
    waits = []
    for _ in range(QUICK_ENDS):
        assert not process.is_hopeless()
        process.start()
        _wait(process)
        assert process.bury() == "ended with code 0"
        waits.append(process.due - time.monotonic())
    assert process.is_hopeless()
    assert waits == sorted(waits), "each time it waits longer"
    assert said == [("web", b"no\n")] * QUICK_ENDS


def _wait(process):
    while not process.has_ended():
        time.sleep(0.01)


def test_group_of_a_dead_process_is_ended(tmp_path):
    program = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    said = []
    process = Process("web", [sys.executable, "-c", program], os.environ, lambda *a: said.append(a))
    process.start()
    _wait(process)
    process.bury()
    left = Path(f"/proc/{int(said[0][1])}/stat")
    deadline = time.monotonic() + 5
    while left.exists() and left.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_lock_is_held_by_one(tmp_path):
    with hold(tmp_path / "lock"), pytest.raises(Locked, match=f"process {os.getpid()}"):
        hold(tmp_path / "lock")
    hold(tmp_path / "lock").close()


@pytest.mark.enable_socket
def test_port_near_is_the_same_as_long_as_it_is_free():
    port = ports.near(65536)
    assert ports.near(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert ports.why_not("127.0.0.1", port) == "is in use"
        assert ports.near(port) != port


def test_page_asks_for_a_virtual_key_where_one_is_needed(settings):
    settings.AUTH = "keys"
    assert 'api_key="a virtual key from the admin"' in welcome.snippet()


def test_page_has_colours_only_through_its_style():
    page = welcome.page("", seconds=1, sandbox=True, style=lambda text, code: f"<{text}>")
    assert "<Admin       >" in page
    assert "OPENAI_API_KEY" in page


def test_page_tells_in_two_lines_which_providers_are_simulated(settings):
    settings.PROVIDER_KEYS = {"OPENAI_API_KEY": "sk", "ANTHROPIC_API_KEY": "", "GEMINI_API_KEY": ""}
    said = "Provider    openai: real\nProvider    anthropic: sandbox\nAdmin user  admin"
    page = welcome.page(said, seconds=1, sandbox=True, style=lambda text, code: text)
    lines = page.splitlines()
    assert "  Providers   openai: real, anthropic: sandbox" in lines
    assert (
        "  Sandbox     answers are simulated. "
        "For real ones set ANTHROPIC_API_KEY and GEMINI_API_KEY."
    ) in lines
    assert page.count("rovider") == 1
    assert len(lines) < 40


@pytest.mark.django_db
def test_sandbox_stands_in_for_each_provider_whose_key_is_missing(settings):
    settings.SANDBOX, settings.SANDBOX_URL = False, "http://127.0.0.1:9"
    settings.OPENAI_API_KEY, settings.ANTHROPIC_API_KEY = "", "sk-ant-real"
    settings.GEMINI_API_KEY = ""

    assert prepare_credentials() == [
        ("openai", "sandbox"),
        ("anthropic", "real"),
        ("gemini", "sandbox"),
        ("bedrock", "sandbox"),
    ]

    enabled = {one.provider: one for one in Credential.objects.filter(enabled=True)}
    assert {name: (one.sandbox, one.base_url) for name, one in enabled.items()} == {
        "openai": (True, "http://127.0.0.1:9/openai/v1"),
        "anthropic": (False, "https://api.anthropic.com"),
        "gemini": (True, "http://127.0.0.1:9/gemini"),
        "bedrock": (True, "http://127.0.0.1:9"),
    }
    assert enabled["anthropic"].secret == "sk-ant-real"


@pytest.mark.django_db
def test_key_that_comes_replaces_the_sandbox_and_back(settings):
    settings.SANDBOX, settings.SANDBOX_URL = False, "http://127.0.0.1:9"
    for key, kind in (("", "sandbox"), ("AIza-real", "real"), ("", "sandbox")):
        settings.GEMINI_API_KEY = key
        assert dict(prepare_credentials())["gemini"] == kind
        enabled = Credential.objects.get(provider="gemini", enabled=True)
        assert enabled.sandbox == (kind == "sandbox")
    assert Credential.objects.filter(provider="gemini").count() == 2


@pytest.mark.django_db
def test_bucket_makes_the_account_at_bedrock(settings):
    settings.SANDBOX, settings.BEDROCK_S3_BUCKET = False, "batches"
    settings.BEDROCK_ROLE_ARN = "arn:aws:iam::123456789012:role/batches"

    assert dict(prepare_credentials())["bedrock"] == "real"

    credential = Credential.objects.get(provider="bedrock", enabled=True)
    assert (credential.secret, credential.base_url) == ("", "")
    assert credential.options == {"bucket": "batches", "role_arn": settings.BEDROCK_ROLE_ARN}


@pytest.mark.django_db
def test_provider_without_key_and_sandbox_is_missing(settings):
    settings.SANDBOX, settings.SANDBOX_URL, settings.ANTHROPIC_API_KEY = False, "", ""
    assert dict(prepare_credentials())["anthropic"] == "missing"
    assert not Credential.objects.filter(provider="anthropic", enabled=True).exists()


@pytest.mark.django_db
def test_prepare_makes_one_admin_and_says_the_password_once(capsys):
    call_command("prepare")
    password = re.findall(r"^Password +(\S+)", capsys.readouterr().out, re.MULTILINE)[0]
    assert User.objects.get(is_superuser=True).check_password(password)
    call_command("prepare")
    assert "Password" not in capsys.readouterr().out
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_password_of_the_environment_replaces_the_one_there_is(settings, capsys):
    call_command("prepare")
    capsys.readouterr()
    settings.ADMIN_PASSWORD = "from-the-environment"
    call_command("prepare")
    assert User.objects.get().check_password("from-the-environment")
    assert "from-the-environment" not in capsys.readouterr().out


@pytest.mark.django_db
def test_admin_that_was_renamed_stays_the_only_one(capsys):
    User.objects.create_superuser("freya", password="x")
    call_command("prepare")
    assert "Admin user  freya" in capsys.readouterr().out
    assert User.objects.count() == 1
