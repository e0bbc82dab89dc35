"""`make run`: the real launcher with real processes, from the start to Ctrl-C."""

import json
import os
import re
import socket
import subprocess
import sys
import time

import psutil
import pytest
import requests

from tests.installation import LAUNCH, READY, Installation, command_line, free_port, servers

pytestmark = [pytest.mark.live, pytest.mark.enable_socket, pytest.mark.timeout(300)]
STOP_SECONDS = 30
PASSWORD = re.compile(r"^ +Password +(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def variables():
    with servers() as found:
        yield {**found, "PORT": str(free_port())}


@pytest.fixture(scope="module")
def running(variables, tmp_path_factory):
    """One that nobody stops."""
    installation = Installation(tmp_path_factory.mktemp("running"), variables, LAUNCH)
    installation.wait_for(READY)
    yield installation
    installation.kill()


@pytest.fixture
def start(tmp_path):
    """Starts installations in one folder; whatever a test leaves of them is killed."""
    started = []
    with servers() as found:
        variables = {**found, "PORT": str(free_port())}

        def start(command=LAUNCH, *, ready=True, **more):
            started.append(Installation(tmp_path, {**variables, **more}, command))
            if ready:
                started[-1].wait_for(READY)
            return started[-1]

        yield start
        for installation in started:
            installation.kill()


def test_page_says_what_runs_and_where(running, variables):
    said = running.said()
    url = f"http://localhost:{variables['PORT']}"
    for line in (
        f"{url}/openai",
        f"{url}/genai",
        f"{url}/bedrock/files",
        f"{url}/admin/",
        f"{url}/readyz",
        "openai: sandbox",
    ):
        assert line in said
    assert len(PASSWORD.findall(said)) == 1
    assert "\033" not in said, "no colours where no terminal is"
    assert "Traceback" not in said


def test_everything_answers_when_the_page_is_there(running):
    assert requests.get(f"{running.url}/healthz", timeout=5).status_code == 200
    ready = requests.get(f"{running.url}/readyz", timeout=5)
    assert ready.status_code == 200, ready.text
    assert requests.get(f"{running.url}/admin/", timeout=5).status_code == 200


def test_admin_opens_with_the_password_of_the_page(running):
    browser = requests.Session()
    page = f"{running.url}/admin/login/?next=/admin/"
    browser.get(page, timeout=5)
    form = {
        "username": "admin",
        "password": PASSWORD.findall(running.said())[0],
        "csrfmiddlewaretoken": browser.cookies["bifrost_csrf"],
    }
    answer = browser.post(page, data=form, headers={"referer": page}, timeout=10)
    assert answer.status_code == 200
    assert answer.url == f"{running.url}/admin/"


def test_snippet_of_the_page_gets_an_answer(running):
    page = running.said()
    snippet = page[page.index("    import json") : page.index(READY)]
    lines = "\n".join(line.removeprefix("    ") for line in snippet.splitlines())
    ran = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(ran.stdout)["custom_id"] == "1", ran.stderr


def test_health_command_agrees(running, variables):
    command = [*LAUNCH, "ready"]
    environment = {**os.environ, **variables, "BIFROST_DATA": str(running.data)}
    assert subprocess.run(command, env=environment, timeout=30, check=False).returncode == 0
    environment["PORT"] = str(free_port())
    assert subprocess.run(command, env=environment, timeout=30, check=False).returncode == 1


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_dead_process_is_replaced_with_all_its_own(running, name):
    dead = running.process(f"bifrost.launch.{name}")
    family = [dead, *dead.children(recursive=True)]
    before = running.said().count(f"{name} was killed by signal 9 and is started again.")
    dead.kill()
    running.wait_for(f"{name} was killed by signal 9 and is started again.")
    deadline = time.monotonic() + 60
    while not _has(running, name) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _has(running, name)
    assert psutil.wait_procs(family, timeout=30)[1] == []
    assert before == 0


def _has(running, name):
    return any(f"bifrost.launch.{name}" in command_line(process) for process in running.processes())


@pytest.mark.once
def test_second_launcher_on_the_same_folder_is_refused(running, variables):
    second = Installation(running.data, {**variables, "PORT": str(free_port())}, LAUNCH)
    assert second.popen.wait(timeout=60) == 1
    assert f"Bifrost already runs on {running.data}" in second.said()


def test_ctrl_c_stops_everything_and_a_second_start_keeps_it(start):
    first = start(["make", "--no-print-directory", "run"])
    password = PASSWORD.findall(first.said())
    kept = {name: (first.data / name).read_bytes() for name in ("secret_key", "encryption_key")}
    assert first.interrupt() < STOP_SECONDS
    first.wait_until_gone(seconds=5)

    second = start()
    assert len(password) == 1
    assert PASSWORD.findall(second.said()) == []
    assert {name: (second.data / name).read_bytes() for name in kept} == kept
    second.popen.terminate()
    assert second.popen.wait(timeout=STOP_SECONDS) == 0
    second.wait_until_gone(seconds=5)


@pytest.mark.once
def test_killed_launcher_leaves_nothing_behind_and_can_start_again_at_once(start):
    first = start()
    family = first.processes()
    assert len(family) >= 8, "launcher, watchdog, web, worker and their own, beat, sandbox"
    first.popen.kill()
    first.popen.wait(timeout=30)
    second = start(ready=False)
    second.wait_for("sandbox listening")
    assert [process for process in family if process.is_running() and _is_alive(process)] == []
    assert second.interrupt() < STOP_SECONDS


def _is_alive(process):
    return process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.once
def test_killed_make_leaves_nothing_behind(start):
    first = start(["make", "--no-print-directory", "run"], ready=False)
    first.wait_for("sandbox listening")
    first.popen.kill()
    first.wait_until_gone(seconds=STOP_SECONDS)


@pytest.mark.once
def test_ctrl_c_during_the_start_stops_everything(start):
    first = start(ready=False)
    first.wait_for("sandbox listening")
    assert first.interrupt() < STOP_SECONDS
    assert first.popen.returncode == 0
    first.wait_until_gone(seconds=5)


@pytest.mark.once
def test_port_in_use_is_said(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = start(ready=False, PORT=str(port))
        assert refused.popen.wait(timeout=60) == 1
    assert f"Port {port} is in use" in refused.said()
    assert "PORT=8081" in refused.said()
    refused.wait_until_gone(seconds=5)


@pytest.mark.once
def test_wrong_setting_is_said_in_one_line(start):
    refused = start(ready=False, BIFROST_AUTH="none")
    assert refused.popen.wait(timeout=60) == 1
    assert refused.said() == "bifrost: BIFROST_AUTH='none' is unknown: write open or keys.\n"
