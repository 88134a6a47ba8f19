"""Tokens, limits and blocks of an Easee account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.drivers.easee_quota import WINDOWS
from solarctl.errors import DeviceLoginError, DeviceUnreachable, Exit, StateError


def test_one_log_in_then_refreshes(bench):
    """A day of runs logs in once; each refresh token is spent once, and the new one is stored before use."""
    one = bench()
    for _ in range(24 * 6):
        one.run().read_charger()
        one.wait(600)
    assert one.cloud.logins == 1
    assert 23 <= one.cloud.refreshes <= 29
    assert one.tokens.fetched == one.cloud.refreshes + 1


def test_a_token_that_another_run_has_renewed_is_used(bench):
    """Two runs never spend the same refresh token."""
    one = bench()
    one.run().read_charger()
    stale = one.tokens.get("easee")
    one.account.refresh_token()
    assert one.account._renewed(stale) == one.tokens.get("easee")
    assert one.cloud.refreshes == 1


def test_a_refused_refresh_is_followed_by_one_log_in(bench):
    """The password helps where the refresh token does not."""
    one = bench()
    one.run().read_charger()
    one.wait(3600)
    one.cloud.faults.set("refresh-refused")
    assert one.run().read_charger() is not None
    assert (one.cloud.refreshes, one.cloud.logins) == (1, 2)


def test_without_a_password_a_person_must_log_in(bench):
    """The hint is the command to type; exit 77; the stored token is untouched."""
    one = bench()
    one.run().read_charger()
    stored = one.tokens.get("easee")
    one.wait(3600)
    one.cloud.faults.set("refresh-refused")
    with pytest.raises(DeviceLoginError) as caught:
        one.run(password=None).read_charger()
    assert caught.value.hint == "Log in again: solarctl token-refresh --login easee"
    assert caught.value.exit_code == Exit.LOGIN
    assert one.tokens.get("easee") == stored


def test_without_token_and_password(bench):
    """Before the first log-in the message says what is missing."""
    one = bench()
    with pytest.raises(DeviceLoginError, match="is missing, and so is a password"):
        one.run(password=None).read_charger()


def test_a_person_logs_in(bench):
    """Easee has no page to open: the answer is the password."""
    one = bench()
    one.run(password=None)
    assert one.account.login_address() is None
    assert one.account.finish_login("sun-and-wind") - one.clock.now() == timedelta(hours=1)
    assert one.run(password=None).read_charger() is not None


def test_a_refused_token_is_renewed_once(bench):
    """401 in the middle: one renewal, one repetition; and when that does not help, a sentence."""
    one = bench()
    one.run().read_charger()
    one.wait(6)
    one.cloud.faults.set("lost-token", times=1)
    assert one.run().read_charger() is not None
    one.cloud.faults.set("lost-token")
    one.wait(6)
    with pytest.raises(DeviceLoginError, match="just issued"):
        one.run().read_charger()
    assert len(one.asked("observations")) == 5


def test_tokens_that_were_all_forgotten(bench):
    """Neither token nor refresh token is known: one log-in mends it."""
    one = bench()
    one.run().read_charger()
    one.cloud.forget_tokens()
    one.wait(6)
    assert one.run().read_charger() is not None
    assert one.cloud.logins == 2


def test_a_wrong_password_is_not_hammered(bench):
    """One log-in per six hours, not one per minute; a corrected password is tried at once."""
    one = bench()
    for _ in range(30):
        with pytest.raises(DeviceLoginError) as caught:
            one.run(password="wrong").read_charger()
        one.wait(60)
    assert one.cloud.logins == 1
    assert "not tried again" in caught.value.message
    assert "wrong" not in str(one.lines) + str(one.store.values)
    assert one.run().read_charger() is not None
    assert ("accounts", "easee") in one.store.vital


def test_log_in_out_of_order(bench):
    """A 5xx of the log-in is no wrong password: try again, exit 75, nothing remembered against it."""
    one = bench()
    one.cloud.faults.set("login-500", times=1)
    with pytest.raises(DeviceUnreachable):
        one.run().read_charger()
    assert one.run().read_charger() is not None


def test_a_full_disk_spends_no_refresh_token(bench):
    """Where a new token could not be stored, none is asked for."""
    one = bench()
    one.run().read_charger()
    one.wait(3600)
    one.tokens.broken = StateError("the disk is full")
    with pytest.raises(StateError):
        one.run().read_charger()
    assert one.cloud.refreshes == 0


def test_the_lifetime_is_what_easee_says(bench):
    """An hour today, a day formerly, and it may come as a float."""
    one = bench()
    one.cloud.desk.token_s = 86_400
    one.cloud.faults.set("old-expiry")
    one.run().read_charger()
    assert one.account.token_lifetime_s() == pytest.approx(86_400, abs=1)
    assert one.account.token_expires_at() - one.clock.now() > timedelta(hours=23)


@pytest.mark.parametrize("retry_after", [True, 240])
def test_too_many_requests_are_waited_out_by_all_runs(bench, retry_after):
    """429: the next runs do not call before its time, a minute where none is told."""
    one = bench()
    one.run().read_charger()
    one.wait(6)
    one.cloud.faults.set("http-429", retry_after, times=1)
    with pytest.raises(DeviceUnreachable, match="fewer requests") as caught:
        one.run().read_charger()
    seconds = 60 if retry_after is True else retry_after
    assert caught.value.retry_at - one.clock.now() <= timedelta(seconds=seconds)
    asked = len(one.cloud.journal)
    one.wait(seconds - 10)
    with pytest.raises(DeviceUnreachable):
        one.run().read_charger()
    assert len(one.cloud.journal) == asked
    one.wait(11)
    assert one.run().read_charger() is not None


def test_a_block_is_remembered(bench):
    """403 Forbidden: no request for a day, by any run; its end is in the message; then all is well again."""
    one = bench()
    one.run().read_charger()
    one.wait(6)
    one.cloud.faults.set("blocked", times=1)
    with pytest.raises(DeviceUnreachable, match="blocked this address; nothing is asked until 2026-07-02") as caught:
        one.run().read_charger()
    assert caught.value.exit_code == Exit.TRY_AGAIN
    assert ("accounts", "easee") in one.store.vital
    asked = len(one.cloud.journal)
    for _ in range(23):
        one.wait(3600)
        with pytest.raises(DeviceUnreachable):
            one.run().set_charge_limit(6, ttl_min=3)
    assert len(one.cloud.journal) == asked
    one.wait(3600)
    assert one.run().read_charger() is not None


def test_no_access_is_no_block(bench):
    """403 with an error code is about this account's rights, exit 77; the next run may ask again."""
    one = bench()
    one.cloud.faults.set("no-access", times=1)
    with pytest.raises(DeviceLoginError, match="may not do that"):
        one.run().read_charger()
    assert one.run().read_charger() is not None


def test_the_budget_is_shared_by_all_runs(bench):
    """However often runs are started by hand, Easee's limit is not reached."""
    one = bench()
    most = WINDOWS["observations"][0]
    for _ in range(most):
        one.run().read_charger()
        one.wait(1)
    for _ in range(90):
        with pytest.raises(DeviceUnreachable, match="used up until"):
            one.run().read_charger()
        one.wait(1)
    assert one.cloud.refused_429 == 0
    one.wait(200)
    assert one.run().read_charger() is not None


def test_what_never_reached_the_cloud_does_not_count(bench):
    """Refused connections leave the requests for later, of their kind and all together."""
    one = bench()
    one.run().read_charger()
    counted = one.store.get("accounts", "easee")["requests"]
    driver = one.run()
    one.cloud.stop()
    with pytest.raises(DeviceUnreachable, match="refuses connections"):
        driver.read_charger()
    assert one.store.get("accounts", "easee")["requests"] == counted


@pytest.mark.parametrize(("fault", "value"), [("http-500", True), ("http-502", True), ("torn", True)])
def test_trouble_of_the_cloud_passes(bench, fault, value):
    """What a repetition mends is repeated, and what it does not is 75."""
    one = bench()
    one.run().read_charger()
    one.wait(6)
    one.cloud.faults.set(fault, value, times=1)
    assert one.run().read_charger() is not None
    one.wait(6)
    one.cloud.faults.set(fault, value)
    with pytest.raises(DeviceUnreachable) as caught:
        one.run().read_charger()
    assert caught.value.exit_code == Exit.TRY_AGAIN


def test_no_secret_is_shown(bench):
    """Neither password nor tokens are in what -vv shows."""
    one = bench()
    one.run().read_charger()
    one.wait(3600)
    one.run().set_charge_limit(6, ttl_min=3)
    shown = "\n".join(one.lines)
    assert "observations" in shown
    assert "sun-and-wind" not in shown
    assert "access-" not in shown
    assert "refresh-1" not in shown


def test_the_removed_route_is_never_used(bench):
    """The state of the charger comes from one path, without /api."""
    one = bench()
    one.run().read_charger()
    one.run().set_charge_limit(6, ttl_min=3)
    assert all(not path.endswith("/state") for path in one.asked())


def test_the_cloud_answers_as_the_reference_says(bench):
    """The removed route is 404, an unknown path is 403 Forbidden, a call without token 401."""
    import requests

    one = bench()
    url, serial = one.cloud.url, one.box.serial
    login = {"userName": "owner@example.com", "password": "sun-and-wind"}
    token = requests.post(f"{url}/api/accounts/login", json=login, timeout=5).json()
    headers = {"Authorization": f"Bearer {token['accessToken']}"}
    for path, status in (
        (f"/api/chargers/{serial}/state", 404), (f"/api/state/{serial}/observations", 403),
        (f"/state/{serial}/observations", 200), ("/api/chargers", 200), (f"/api/chargers/{serial}/config", 200),
        ("/api/sites", 200),
    ):  # fmt: skip
        assert requests.get(url + path, headers=headers, timeout=5).status_code == status, path
    assert requests.get(f"{url}/api/chargers", timeout=5).status_code == 401
    wrong = requests.post(f"{url}/api/accounts/login", json=login | {"password": "x"}, timeout=5)
    assert (wrong.status_code, wrong.json()["errorCodeName"]) == (400, "InvalidUserPassword")
    assert requests.post(f"{url}/api/accounts/refresh_token", json=token, timeout=5).status_code == 200
    assert requests.post(f"{url}/api/accounts/refresh_token", json=token, timeout=5).status_code == 401


def test_every_fault_of_the_cloud_is_tried(bench):
    """A fault that no test switches on would be one that nobody knows about."""
    from pathlib import Path

    tests = Path(__file__).parent.parent
    source = "".join(path.read_text() for area in ("easee", "easee_balance") for path in (tests / area).glob("*.py"))
    missing = [name for name in bench().cloud.FAULTS if f'"{name}"' not in source]
    assert missing == []
