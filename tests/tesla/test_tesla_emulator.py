"""Tesla's emulated cloud by itself: what the real one is said to do, asked with plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.fakes import FakeClock
from tests.tesla.conftest import SITE_ID

SITE = f"/api/1/energy_sites/{SITE_ID}"


def ask(cloud: TeslaCloud, path: str, body: Any = None, *, token: str = "", form: bool = False) -> tuple[int, Any]:
    data = None if body is None else urlencode(body).encode() if form else json.dumps(body).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    request = Request(cloud.url + path, data, {"Content-Type": kind, "Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, json.loads(response.read() or b"null")
    except OSError as error:
        return error.code, json.loads(error.read() or b"null")  # type: ignore[attr-defined]


def token_request(cloud: TeslaCloud, **fields: str) -> tuple[int, Any]:
    return ask(cloud, "/oauth2/v3/token", {"client_id": cloud.tokens.client_id, **fields}, form=True)


def refreshed(cloud: TeslaCloud, token: str) -> tuple[int, Any]:
    return token_request(cloud, grant_type="refresh_token", refresh_token=token)


@pytest.fixture
def access(cloud: TeslaCloud) -> str:
    return str(refreshed(cloud, cloud.tokens.first_refresh_token)[1]["access_token"])


def test_refresh_tokens_serve_once(cloud: TeslaCloud) -> None:
    """A refresh rotates the token; the old one is refused afterwards; nothing says when it was made."""
    status, first = refreshed(cloud, cloud.tokens.first_refresh_token)
    assert (status, first["expires_in"]) == (200, 28800)
    assert "created_at" not in first
    assert refreshed(cloud, cloud.tokens.first_refresh_token) == (
        401,
        {"error": "login_required", "error_description": "The refresh_token is invalid"},
    )
    assert refreshed(cloud, first["refresh_token"])[0] == 200


def code(cloud: TeslaCloud, verifier: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": cloud.tokens.client_id,
        "response_type": "code",
        "redirect_uri": "https://example.com/x",
        "state": "s",
        "code_challenge": challenge,
    }
    answer = cloud.tokens.authorize(f"{cloud.url}/oauth2/v3/authorize?{urlencode(query)}")
    found = dict(parse_qsl(urlsplit(answer).query))
    assert found["state"] == "s"
    return found["code"]


@pytest.mark.parametrize(
    ("verifier", "redirect", "wait_s", "status"),
    [
        ("right", "https://example.com/x", 0, 200),
        ("wrong", "https://example.com/x", 0, 400),
        ("right", "https://example.com/y", 0, 400),
        ("right", "https://example.com/x", 121, 400),
    ],
)
def test_codes(cloud: TeslaCloud, clock: FakeClock, verifier: str, redirect: str, wait_s: float, status: int) -> None:
    """A code needs its verifier and its redirect address, lives two minutes, and serves once."""
    fields = {
        "grant_type": "authorization_code",
        "code": code(cloud, "right"),
        "code_verifier": verifier,
        "redirect_uri": redirect,
    }
    clock.advance(wait_s)
    assert token_request(cloud, **fields)[0] == status
    assert token_request(cloud, **fields)[0] == 400


def test_partner_tokens(cloud: TeslaCloud) -> None:
    """The application's own token has no refresh token, and needs the secret."""
    status, body = token_request(
        cloud, grant_type="client_credentials", client_secret=cloud.tokens.client_secret, scope="openid"
    )
    assert status == 200
    assert "refresh_token" not in body
    assert token_request(cloud, grant_type="client_credentials", client_secret="wrong")[0] == 400


def test_who_may_ask(cloud: TeslaCloud, access: str, clock: FakeClock) -> None:
    """Without, with a wrong or with an old token it is 401; without the scope 403; for another site 404."""
    assert ask(cloud, f"{SITE}/live_status")[0] == 401
    assert ask(cloud, f"{SITE}/live_status", token=access)[0] == 200
    assert ask(cloud, "/api/1/energy_sites/1/live_status", token=access)[0] == 404
    clock.advance(28801)
    assert ask(cloud, f"{SITE}/live_status", token=access)[1]["error"] == "token expired (401)"
    cloud.tokens.scopes = ("openid", "energy_device_data")
    limited = refreshed(cloud, next(t for t, spent in cloud.tokens.refresh.items() if not spent))[1]["access_token"]
    assert ask(cloud, f"{SITE}/backup", {"backup_reserve_percent": 5}, token=limited)[0] == 403


def test_products_mix_cars_and_sites(cloud: TeslaCloud, access: str) -> None:
    """The list has a car, and energy sites bear an energy_site_id."""
    _, body = ask(cloud, "/api/1/products", token=access)
    assert body["count"] == 2
    assert [one.get("energy_site_id") for one in body["response"]] == [None, SITE_ID]


@pytest.mark.parametrize("value", [-1, 101, 55.5, "50", None, True])
def test_reserves_that_are_none(cloud: TeslaCloud, access: str, value: Any) -> None:
    """A reserve is a whole number from 0 to 100."""
    assert ask(cloud, f"{SITE}/backup", {"backup_reserve_percent": value}, token=access)[0] == 400
    assert cloud.writes == []


def test_settings_touch_nothing_else(cloud: TeslaCloud, access: str) -> None:
    """Reserve and mode are two endpoints; neither touches the other."""
    assert ask(cloud, f"{SITE}/operation", {"default_real_mode": "party"}, token=access)[0] == 400
    status, body = ask(cloud, f"{SITE}/operation", {"default_real_mode": "backup"}, token=access)
    assert (status, body) == (201, {"response": {"code": 201, "message": "Updated"}})
    ask(cloud, f"{SITE}/backup", {"backup_reserve_percent": 33}, token=access)
    info = ask(cloud, f"{SITE}/site_info", token=access)[1]["response"]
    assert (info["default_real_mode"], info["backup_reserve_percent"]) == ("backup", 33)


@pytest.mark.parametrize(("fault", "shown"), [("snap", 80), ("ignore", 20), ("lagged", 20)])
def test_settings_that_do_not_take(cloud: TeslaCloud, access: str, fault: str, shown: int) -> None:
    """Snapped, ignored or late: the answer is always "Updated"."""
    cloud.faults.set(fault, 60)
    assert ask(cloud, f"{SITE}/backup", {"backup_reserve_percent": 90}, token=access)[0] == 201
    assert ask(cloud, f"{SITE}/site_info", token=access)[1]["response"]["backup_reserve_percent"] == shown


def test_a_late_setting_comes(cloud: TeslaCloud, access: str, clock: FakeClock) -> None:
    """What is lagged is there after its time."""
    cloud.faults.set("lagged", 60)
    ask(cloud, f"{SITE}/backup", {"backup_reserve_percent": 50}, token=access)
    clock.advance(61)
    assert ask(cloud, f"{SITE}/site_info", token=access)[1]["response"]["backup_reserve_percent"] == 50


def test_too_many_per_minute(cloud: TeslaCloud, access: str, clock: FakeClock) -> None:
    """Beyond the limit it is 429 until the minute is over."""
    cloud.per_minute = 3
    assert [ask(cloud, f"{SITE}/live_status", token=access)[0] for _ in range(4)] == [200, 200, 200, 429]
    clock.advance(61)
    assert ask(cloud, f"{SITE}/live_status", token=access)[0] == 200


def test_history_has_its_ways(cloud: TeslaCloud, access: str, clock: FakeClock) -> None:
    """Slots to come are zeros, the load is not told, midnight as an end brings nothing of the day."""
    cloud.site.remember(clock.now() - timedelta(minutes=30))
    day = {"kind": "power", "period": "day", "time_zone": "America/Phoenix"}
    whole = day | {"start_date": "2026-07-15T00:00:00-07:00", "end_date": "2026-07-15T23:59:59-07:00"}
    rows = ask(cloud, f"{SITE}/calendar_history?{urlencode(whole)}", token=access)[1]["response"]["time_series"]
    assert rows[0]["grid_power"] == -800
    assert "load_power" not in rows[0]
    assert rows[-1]["timestamp"].startswith("2026-07-15T23:55")
    assert {row["solar_power"] for row in rows[1:]} == {0}
    assert ask(cloud, f"{SITE}/calendar_history?{urlencode(day | {'kind': 'magic'})}", token=access)[0] == 400


def test_the_powers_balance(cloud: TeslaCloud, access: str) -> None:
    """Load is sun, battery and grid."""
    live = ask(cloud, f"{SITE}/live_status", token=access)[1]["response"]
    assert live["load_power"] == live["solar_power"] + live["battery_power"] + live["grid_power"]
