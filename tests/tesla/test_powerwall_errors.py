"""Every error of Tesla's table, pauses, and what logs show."""

from __future__ import annotations

from typing import Any

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceReplyError, DeviceUnreachable, Exit
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import Open, PlainHome

ERRORS = [  # fault, value, exit, a word of the message
    ("payment-required", True, Exit.REFUSED, "paid"),
    ("missing-scopes", True, Exit.LOGIN, "scopes"),
    ("forbidden", True, Exit.LOGIN, "forbids"),
    ("unregistered", True, Exit.LOGIN, "region"),
    ("wrong-region", True, Exit.CONFIG, "'eu'"),
    ("unknown-site", True, Exit.CONFIG, "no such site"),
    ("invalid-field", True, Exit.REFUSED, "invalid_field"),
    ("deprecated", True, Exit.NONSENSE, "closed"),
    ("locked", True, Exit.LOGIN, "locked"),
    ("bearer-401", True, Exit.LOGIN, "access token"),
    ("rate-limit", 30, Exit.TRY_AGAIN, "silence until 12:00:30"),
    ("rate-limit-reset", 45, Exit.TRY_AGAIN, "silence until 12:00:45"),
    ("upstream", True, Exit.TRY_AGAIN, "502"),
    ("http", 500, Exit.TRY_AGAIN, "500"),
    ("http", 503, Exit.TRY_AGAIN, "503"),
    ("http", 540, Exit.TRY_AGAIN, "540"),
    ("http", 408, Exit.TRY_AGAIN, "does not answer"),
    ("http", 405, Exit.NONSENSE, "405"),
    ("http", 422, Exit.NONSENSE, "422"),
    ("http", 451, Exit.REFUSED, "legal"),
    ("html", True, Exit.NONSENSE, "JSON"),
    ("torn", True, Exit.TRY_AGAIN, "broke off"),
]


@pytest.mark.parametrize(("fault", "value", "code", "words"), ERRORS)
def test_errors_are_told_apart(
    powerwall: TeslaPowerwall, cloud: TeslaCloud, fault: str, value: Any, code: Exit, words: str
) -> None:
    """Each status has its exit code and its words, for reading and for writing, and nothing else escapes."""
    powerwall.read_reserve()
    cloud.faults.set(fault, value)
    for ask in (powerwall.read_battery, lambda: powerwall.set_reserve(0)):
        cloud_store_clear(powerwall)
        with pytest.raises(DeviceError, match=words) as caught:
            ask()
        assert caught.value.exit_code == code


def cloud_store_clear(powerwall: TeslaPowerwall) -> None:
    """Forget a pause, so that the next request is made."""
    store: Any = powerwall._context.store
    store.values.clear()


def test_only_errors_that_pass_are_repeated(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A 5xx is asked again, a 402 or 429 never."""
    for fault, times in (("http", 3), ("payment-required", 1), ("rate-limit", 1)):
        powerwall._context.shared.clear()
        cloud_store_clear(powerwall)
        cloud.faults.clear()
        cloud.faults.set(fault)
        before = len(cloud.data_requests())
        with pytest.raises(DeviceError):
            powerwall.read_battery()
        assert len(cloud.data_requests()) - before == times


def test_a_pause_is_remembered(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock) -> None:
    """After a 429 the next run does not call before its end, and says until when."""
    cloud.faults.set("rate-limit", 300, times=1)
    with pytest.raises(DeviceUnreachable):
        opened(run).read_battery()
    before = len(cloud.journal)
    with pytest.raises(DeviceUnreachable, match="12:05:00") as caught:
        opened(next_run(run, account=run.account)).read_battery()
    assert len(cloud.journal) == before
    assert caught.value.retry_at is not None
    clock.advance(301)
    assert opened(next_run(run, account=run.account)).read_battery().soc_pct == 62


def test_nonsense_in_the_store_does_no_harm(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """Whatever was stored, the next run works."""
    for value in ({"silent_until": "soon"}, {"silent_until": 5}, {"silent_until": "2099-01-01T00:00:00+00:00"}):
        run.store.put("accounts", "tesla", value)
        assert opened(next_run(run, account=run.account)).read_battery().soc_pct == 62


def test_logs_show_no_token(cloud: TeslaCloud, opened: Open, clock: FakeClock) -> None:
    """Neither tokens nor the client's secret appear in what -vv shows."""
    from tests.fakes import context

    lines: list[str] = []
    run = context({}, clock=clock, log=lines.append)
    opened(run).read_battery()
    text = "\n".join(lines)
    stored = run.tokens.get("tesla") or {}
    for secret in (cloud.tokens.first_refresh_token, stored["access_token"], stored["refresh_token"]):
        assert secret not in text
    assert "live_status" in text


def test_wrong_type_of_answer(powerwall: TeslaPowerwall, cloud: TeslaCloud, home: PlainHome) -> None:
    """A power that is no number is nonsense."""
    home.grid_w = "many"  # type: ignore[assignment]
    cloud.site.live = lambda now: {"grid_power": "many", "timestamp": now.isoformat()}  # type: ignore[method-assign]
    with pytest.raises(DeviceReplyError):
        powerwall.read_grid()
