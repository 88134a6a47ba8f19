"""The Owner API: HTTP/2 over TLS 1.3 by an optional client, imported only then."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceLoginError, DeviceUnreachable, Exit
from solarctl.settings import Secret
from tests.tesla.conftest import SITE_ID
from tests.tesla.owner_server import OwnerServer

TOKEN = "/oauth2/v3/token"
SITE = f"/api/1/energy_sites/{SITE_ID}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnerServer]:
    running = OwnerServer(tmp_path)
    running.answers[TOKEN] = (200, {"access_token": "access", "refresh_token": "next", "expires_in": 28800})
    running.answers[f"{SITE}/site_info"] = (
        200,
        {"response": {"backup_reserve_percent": 20, "default_real_mode": "autonomous"}},
    )
    yield running
    running.stop()


def opened(server: OwnerServer, run: Context, **changes: Any) -> TeslaPowerwall:
    values: dict[str, Any] = {
        "api": "owner",
        "refresh_token": Secret("first"),
        "base_url": server.url,
        "auth_url": server.url,
        "ca_file": server.ca_file,
    }
    account = TeslaAccount("tesla", TeslaAccount.Settings(**(values | changes)), run)
    run.account.__self__["tesla"] = account  # type: ignore[attr-defined]
    return TeslaPowerwall("powerwall", TeslaPowerwall.Settings(account="tesla", site_id=SITE_ID), run)


def test_it_speaks_http_2(server: OwnerServer, run: Context) -> None:
    """Token (as JSON, for the app's own client) and data come over HTTP/2."""
    assert opened(server, run).read_reserve().mode == "autonomous"
    assert server.seen[0] == (
        "POST",
        TOKEN,
        {
            "grant_type": "refresh_token",
            "client_id": "ownerapi",
            "refresh_token": "first",
            "scope": "openid email offline_access",
        },
    )
    assert (run.tokens.get("tesla") or {})["refresh_token"] == "next"


def test_the_server_is_as_strict_as_tesla(server: OwnerServer, run: Context) -> None:
    """By HTTP/1.1, as the Fleet API's connection speaks it, the same server forbids everything."""
    with pytest.raises(DeviceLoginError):
        opened(server, run, api="fleet", client_id="x").read_reserve()


def test_writing(server: OwnerServer, run: Context) -> None:
    """Settings are written as through the Fleet API."""
    server.answers[f"{SITE}/backup"] = (201, {"response": {"code": 201, "message": "Updated"}})
    assert opened(server, run).set_reserve(0) is False  # this server goes on showing 20
    assert ("POST", f"{SITE}/backup", {"backup_reserve_percent": 0}) in server.seen


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, Exit.LOGIN), (412, Exit.LOGIN), (503, Exit.TRY_AGAIN), (429, Exit.TRY_AGAIN), (404, Exit.CONFIG)],
)
def test_errors_are_told_apart(server: OwnerServer, run: Context, status: int, code: Exit) -> None:
    """Statuses mean what they mean at the Fleet API; a 403 points to a log-in or to Fleet."""
    server.answers[f"{SITE}/site_info"] = (status, {"response": None, "error": "no"})
    with pytest.raises(DeviceError) as caught:
        opened(server, run).read_reserve()
    assert caught.value.exit_code == code
    if status in (403, 412):
        assert "Fleet" in caught.value.hint
    assert len([one for one in server.seen if one[1].endswith("site_info")]) == (3 if status == 503 else 1)


def test_silence(server: OwnerServer, run: Context) -> None:
    """Nobody there is unreachable."""
    powerwall = opened(server, run)
    server.stop()
    with pytest.raises(DeviceUnreachable):
        powerwall.read_reserve()


def test_an_unknown_certificate(server: OwnerServer, run: Context) -> None:
    """TLS is verified here too."""
    with pytest.raises(DeviceUnreachable):
        opened(server, run, ca_file=None).read_reserve()
    assert server.seen == []


def test_the_login_address_is_the_app_s(run: Context) -> None:
    """The Owner API's redirect goes to the app, as Tesla has it since 2026."""
    account = TeslaAccount("tesla", TeslaAccount.Settings(api="owner"), run)
    address = account.login_address() or ""
    assert address.startswith("https://auth.tesla.com/oauth2/v3/authorize?")
    assert "redirect_uri=tesla%3A%2F%2Fauth%2Fcallback" in address
    assert "client_id=ownerapi" in address


def test_without_the_extra() -> None:
    """Without httpx the owner is told what to install; the Fleet API never imports it."""
    code = """
import sys
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.errors import DeviceError
from solarctl.settings import Secret
from tests.fakes import context
assert "httpx" not in sys.modules
sys.modules["httpx"] = None
account = TeslaAccount("tesla", TeslaAccount.Settings(api="owner", refresh_token=Secret("x")), context())
try:
    account.refresh_token()
except DeviceError as error:
    print(int(error.exit_code), error.message, "|", error.hint)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("78 ")
    assert "solarctl[tesla-owner]" in said
