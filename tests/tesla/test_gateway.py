"""The gateway in the house: read when the cloud is silent, or instead of it; never written."""

from __future__ import annotations

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceLoginError, DeviceRefused, DeviceUnreachable, Exit
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from solarctl.virtualhome.emulators.tesla_gateway import TeslaGateway
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import Open
from tests.tesla.home_meters import HomeMetersContract


def local(gateway: TeslaGateway, run: Context, password: str = "") -> TeslaPowerwall:
    account = TeslaAccount(
        "gateway",
        TeslaAccount.Settings(api="local", base_url=gateway.url, password=Secret(password or gateway.password)),
        run,
    )
    run.account.__self__["gateway"] = account  # type: ignore[attr-defined]
    return TeslaPowerwall("gateway", TeslaPowerwall.Settings(account="gateway"), run)


class TestContracts(HomeMetersContract):
    """What all meters owe."""

    @pytest.fixture
    def driver(self, gateway: TeslaGateway, run: Context) -> TeslaPowerwall:
        return local(gateway, run)

    @pytest.fixture
    def silent(self, gateway: TeslaGateway, driver: TeslaPowerwall) -> TeslaPowerwall:
        gateway.stop()
        return driver


def test_percentages_are_the_app_s(gateway: TeslaGateway, run: Context) -> None:
    """The gateway's own scale hides 5 % from the app; charge and reserve read as in the app."""
    gateway.site.set_reserve(0)
    powerwall = local(gateway, run)
    assert powerwall.read_reserve().reserve_pct == 0
    assert powerwall.read_battery().soc_pct == pytest.approx(62)
    assert powerwall.read_reserve().mode == "self_consumption"


def test_one_session_for_many_runs(gateway: TeslaGateway, run: Context) -> None:
    """Log-ins are throttled: the session is kept for the next run, and a lost one renewed once."""
    local(gateway, run).read_battery()
    local(gateway, next_run(run, account=run.account)).read_battery()
    assert gateway.logins == 1
    gateway.faults.set("session-lost", times=1)
    local(gateway, next_run(run, account=run.account)).read_battery()
    assert gateway.logins == 2


def test_it_takes_no_settings(gateway: TeslaGateway, run: Context) -> None:
    """A customer may only look; that is said, and nothing is sent."""
    with pytest.raises(DeviceRefused, match="takes no settings"):
        local(gateway, run).set_reserve(0)
    assert gateway.journal == []


@pytest.mark.parametrize(
    ("fault", "value", "code"),
    [
        ("bad-password", True, Exit.LOGIN),
        ("throttled", True, Exit.TRY_AGAIN),
        ("http", 503, Exit.TRY_AGAIN),
        ("not-there", True, Exit.TRY_AGAIN),
        ("html", True, Exit.NONSENSE),
    ],
)
def test_errors_are_told_apart(gateway: TeslaGateway, run: Context, fault: str, value: object, code: Exit) -> None:
    """Each refusal has its exit code."""
    gateway.faults.set(fault, value)
    with pytest.raises(DeviceError) as caught:
        local(gateway, run).read_battery()
    assert caught.value.exit_code == code


def test_it_is_left_alone_after_a_refusal(gateway: TeslaGateway, run: Context, clock: FakeClock) -> None:
    """After "too many" the gateway is not asked for five minutes, also by later runs."""
    gateway.faults.set("throttled", times=1)
    with pytest.raises(DeviceUnreachable):
        local(gateway, run).read_battery()
    asked = len(gateway.journal)
    with pytest.raises(DeviceUnreachable, match="left alone"):
        local(gateway, next_run(run, account=run.account)).read_battery()
    assert len(gateway.journal) == asked
    clock.advance(301)
    assert local(gateway, next_run(run, account=run.account)).read_battery().soc_pct == pytest.approx(62)


def test_a_null_charge(gateway: TeslaGateway, run: Context) -> None:
    """Null is no charge."""
    gateway.faults.set("null-soc")
    assert local(gateway, run).read_battery().soc_pct is None


def test_a_wrong_password_names_the_label(gateway: TeslaGateway, run: Context) -> None:
    """The hint says which password it is."""
    with pytest.raises(DeviceLoginError) as caught:
        local(gateway, run, password="wrong").read_battery()
    assert "last five characters" in caught.value.hint


# --- behind the cloud


def test_the_gateway_stands_in(opened: Open, gateway: TeslaGateway, cloud: TeslaCloud, run: Context) -> None:
    """While the cloud is silent, the account named as fallback is read; settings still need the cloud."""
    local(gateway, run)
    powerwall = opened(run, device={"fallback": "gateway"})
    powerwall.read_battery()
    assert gateway.journal == []
    run.shared.clear()
    cloud.faults.set("http", 503)
    assert powerwall.read_battery().soc_pct == pytest.approx(62)
    assert powerwall.read_reserve().reserve_pct == 20
    with pytest.raises(DeviceUnreachable):
        powerwall.set_reserve(0)


def test_no_gateway_for_a_cloud_that_answers(
    opened: Open, gateway: TeslaGateway, cloud: TeslaCloud, run: Context
) -> None:
    """A refusal is not silence: the gateway is not asked to cover up a wrong token."""
    local(gateway, run)
    powerwall = opened(run, device={"fallback": "gateway"})
    cloud.faults.set("missing-scopes")
    with pytest.raises(DeviceLoginError):
        powerwall.read_battery()
    assert gateway.journal == []


def test_a_fallback_that_is_none(opened: Open, cloud: TeslaCloud, run: Context) -> None:
    """An account that is no local gateway cannot stand in."""
    powerwall = opened(run, device={"fallback": "tesla"})
    powerwall.read_reserve()
    cloud.faults.set("http", 503)
    with pytest.raises(DeviceError, match="no local gateway") as caught:
        powerwall.read_battery()
    assert caught.value.exit_code == Exit.CONFIG
