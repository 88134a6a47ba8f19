"""Processes killed at every step of a write, and several at the same time."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from solarctl.clock import SystemClock
from solarctl.errors import DeviceLoginError
from solarctl.state import StateFile
from tests.state.jobs import NEW, OLD, opened, prepare_renewal
from tests.state.killing import deaths, run_jobs


@pytest.mark.parametrize("job", ["change", "first_change"])
def test_a_kill_at_any_step_loses_nothing_acknowledged(tmp_path, job):
    """After a SIGKILL anywhere in a write the state is whole, and holds at least what was acknowledged."""
    found = deaths(f"tests.state.jobs:{job}", tmp_path)

    for death in found:
        told = death.folder / "acknowledged"
        acknowledged = int(told.read_text() or 0) if told.exists() else 0
        state = opened(death.folder)
        switched = state.read()["memory"].get("grid-guard", {"switched": 0})["switched"]
        assert acknowledged <= switched <= acknowledged + 1, death
        assert state.notices == [], death
        with state.transaction() as data:  # and the next run can write
            data["memory"]["grid-guard"] = {"switched": 9}
        assert not list(state.directory.glob("*.tmp")), death
    assert found[-1].survived
    assert {"write", "fsync", "replace", "ftruncate"} <= {death.name for death in found}


def test_a_kill_at_any_step_of_a_renewal_loses_no_token(tmp_path):
    """A spent refresh token without its successor exists only if the kill hit while the service was asked; then the
    next run says so."""

    class Spent(DeviceLoginError):
        pass

    windows = []
    for death in deaths("tests.state.jobs:renewal", tmp_path):
        state = opened(death.folder)
        answered = death.folder / "service"
        takes = answered.read_text() if answered.exists() and answered.read_text() else "r0"

        def fetch(stored, takes=takes):
            if stored["refresh_token"] != takes:
                raise Spent("tesla", "the refresh token is spent")
            return NEW | {"access_token": "a2", "refresh_token": "r2"}

        try:
            renewed = state.tokens.renew("tesla", OLD, fetch)
        except Spent:
            windows.append(death.name)
            assert "tesla" in state.notices[0], death
            assert "log in:" in state.notices[0], death
            assert state.tokens.get("tesla") == OLD, death
            continue
        assert renewed["refresh_token"] == ("r1" if takes == "r1" else "r2"), death
        assert opened(death.folder).tokens.get("tesla") == renewed, death
        assert not list(state.directory.glob("*.pending")), death

    # From the service's answer to the first write of the new token: what no program can shorten to nothing.
    assert windows[:2] == ["service answered", "open"]
    assert windows[2:] in ([], ["write"])


def test_eight_processes_lose_no_update(tmp_path):
    """8 processes count the same number up, 10 times each."""
    run_jobs(*[("tests.state.jobs:count_up", str(tmp_path), "10")] * 8)
    assert opened(tmp_path).read()["memory"]["count"] == {"number": 80}


class Service(ThreadingHTTPServer):
    """A token service that takes each refresh token once, and its time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.takes = "r0"
        self.asked = 0
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked += 1
            good = sent["refresh_token"] == self.server.takes
            self.server.takes = "r1"
        SystemClock().sleep(0.3)
        body = json.dumps(NEW).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def test_two_processes_never_spend_the_same_refresh_token(tmp_path):
    """Both need the token at the same moment: one asks, the other waits and gets the same new one."""
    prepare_renewal(tmp_path)
    with Service() as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        job = ("tests.state.jobs:renew_over_http", str(tmp_path), str(service.server_port))
        printed = run_jobs(job, job)
        service.shutdown()
    assert [json.loads(line) for line in printed] == [NEW, NEW]
    assert service.asked == 1


def test_the_state_can_be_changed_while_a_token_is_fetched(tmp_path):
    """A slow log-in holds up nobody but those who need that very account."""
    prepare_renewal(tmp_path)
    other = StateFile(tmp_path / "state", SystemClock())

    def fetch(_stored):
        with other.transaction(timeout_s=1) as data:
            data["memory"]["grid-guard"] = {"on": True}
        other.tokens.renew("easee", None, lambda _none: {"access_token": "e"})
        return NEW

    state = opened(tmp_path)
    state.tokens.renew("tesla", OLD, fetch)
    found = state.read()
    assert found["tokens"] == {"tesla": NEW, "easee": {"access_token": "e"}}
    assert found["memory"] == {"grid-guard": {"on": True}}


def test_nothing_is_left_open_to_others(tmp_path):
    """Whatever a kill leaves behind, nobody else can read it."""
    for death in deaths("tests.state.jobs:renewal", tmp_path):
        for path in Path(death.folder, "state").iterdir():
            assert path.is_dir() or path.stat().st_mode & 0o077 == 0, (death, path)
