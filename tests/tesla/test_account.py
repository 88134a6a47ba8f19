"""A Tesla account's tokens: renewed in time, spent once, and never lost for an error."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from solarctl.capabilities import InteractiveLogin, TokenHolder
from solarctl.context import Context
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.drivers.tesla_oauth import fingerprint
from solarctl.drivers.tesla_powerwall import TeslaPowerwall
from solarctl.errors import DeviceError, DeviceLoginError, DeviceUnreachable, Exit
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.drivers.contracts import TokenHolderContract
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import Open, settings


class TestContract(TokenHolderContract):
    """What all token holders owe."""

    @pytest.fixture
    def holder(self, account: TeslaAccount) -> TeslaAccount:
        return account

    @pytest.fixture
    def reopened(self, run: Context, cloud: TeslaCloud) -> Callable[[], TeslaAccount]:
        return lambda: TeslaAccount("tesla", settings(cloud), next_run(run))

    @pytest.fixture
    def service_silent(self, cloud: TeslaCloud) -> Callable[[], None]:
        return lambda: cloud.faults.set("token-http", 503)


def test_what_it_offers(account: TeslaAccount) -> None:
    """It holds a token and can be logged in to by a person."""
    assert isinstance(account, TokenHolder)
    assert isinstance(account, InteractiveLogin)


def stored(run: Context) -> Any:
    return copy.deepcopy(run.tokens.get("tesla"))


def test_the_first_run_spends_the_configured_token(powerwall: TeslaPowerwall, cloud: TeslaCloud, run: Context) -> None:
    """The configured refresh token is spent once, and the rotated one is kept; the request is a form."""
    powerwall.read_battery()
    (request,) = [one for one in cloud.journal if one.path == "/oauth2/v3/token"]
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.form() == {
        "grant_type": "refresh_token",
        "client_id": cloud.tokens.client_id,
        "refresh_token": cloud.tokens.first_refresh_token,
    }
    kept = stored(run)
    assert kept["refresh_token"] != cloud.tokens.first_refresh_token
    assert cloud.tokens.refresh[kept["refresh_token"]] is False


def test_a_good_token_is_used_again(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock) -> None:
    """For eight hours less five minutes nothing is renewed; then it is, before it is refused."""
    opened(run).read_battery()
    clock.advance(8 * 3600 - 301)
    opened(next_run(run, account=run.account)).read_battery()
    assert cloud.tokens.spent == 1
    clock.advance(2)
    opened(next_run(run, account=run.account)).read_battery()
    assert cloud.tokens.spent == 2
    assert all(one.status == 200 for one in cloud.data_requests())


def test_a_short_life(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A token that lives a minute only is still used for it, not renewed with every request."""
    cloud.tokens.expires_in_s = 60
    powerwall.read_battery(), powerwall.read_reserve(), powerwall.set_reserve(50)
    assert cloud.tokens.spent == 1


def test_it_is_on_disk_before_it_is_used(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """When the new token cannot be stored, no request bears it."""
    from solarctl.errors import StateError
    from tests.fakes import MemoryTokens

    broken = next_run(run, account=run.account, tokens=MemoryTokens(broken=StateError("the disk is full")))
    with pytest.raises(StateError):
        opened(broken).read_battery()
    assert cloud.journal == []


def test_refused_early(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A token that is refused before its time is renewed once, and the request repeated."""
    powerwall.read_reserve()
    cloud.faults.set("token-expired", times=1)
    assert powerwall.read_battery().soc_pct == 62
    assert cloud.tokens.spent == 2


def test_refused_for_good(powerwall: TeslaPowerwall, cloud: TeslaCloud) -> None:
    """A fresh token that is refused too is a matter for a person; there is no third try."""
    powerwall.read_reserve()
    before = len(cloud.data_requests())
    cloud.faults.set("bearer-401")
    with pytest.raises(DeviceLoginError) as caught:
        powerwall.read_battery()
    assert len(cloud.data_requests()) - before == 2
    assert "solarctl token-refresh --login tesla" in caught.value.hint


def test_without_a_new_refresh_token_the_old_one_goes_on(
    account: TeslaAccount, cloud: TeslaCloud, run: Context
) -> None:
    """An answer without refresh token keeps the stored one."""
    cloud.faults.set("omit-refresh-token")
    account.refresh_token()
    assert stored(run)["refresh_token"] == cloud.tokens.first_refresh_token
    account.refresh_token()


def test_an_answer_without_length(account: TeslaAccount, cloud: TeslaCloud, clock: FakeClock) -> None:
    """Without expires_in the token itself says how long it lives."""
    cloud.faults.set("token-no-expiry")
    cloud.tokens.expires_in_s = 7200
    assert account.refresh_token() - clock.now() == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=2))


TOKEN_ERRORS = [  # fault, value, exit
    ("login-required", True, Exit.LOGIN),
    ("token-html", True, Exit.LOGIN),
    ("token-http", 400, Exit.LOGIN),
    ("token-http", 503, Exit.TRY_AGAIN),
    ("token-http", 429, Exit.TRY_AGAIN),
    ("token-200-html", True, Exit.NONSENSE),
    ("token-torn", True, Exit.TRY_AGAIN),
]


@pytest.mark.parametrize(("fault", "value", "code"), TOKEN_ERRORS)
def test_errors_of_the_token_service_change_nothing(
    account: TeslaAccount, cloud: TeslaCloud, run: Context, fault: str, value: Any, code: Exit
) -> None:
    """Whatever the service answers, the stored token is untouched, and it is asked only once."""
    account.refresh_token()
    before = stored(run)
    asked = len(cloud.journal)
    cloud.faults.set(fault, value)
    with pytest.raises(DeviceError) as caught:
        account.refresh_token()
    assert caught.value.exit_code == code
    assert stored(run) == before
    assert len(cloud.journal) - asked == 1


def test_a_wrong_client_is_explained(cloud: TeslaCloud, opened: Open, run: Context) -> None:
    """A client id that Tesla does not know is no matter of logging in again."""
    with pytest.raises(DeviceLoginError, match="application") as caught:
        opened(run, client_id="another").read_battery()
    assert "client_id" in caught.value.hint


def test_a_refused_token_is_not_hammered(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock) -> None:
    """After three refusals the same token is tried once an hour, until there is another one."""
    cloud.faults.set("login-required")
    for _ in range(6):
        with pytest.raises(DeviceLoginError):
            opened(next_run(run, account=run.account)).read_battery()
        clock.advance(300)
    assert len(cloud.journal) == 3
    clock.advance(3600)
    with pytest.raises(DeviceLoginError):
        opened(next_run(run, account=run.account)).read_battery()
    assert len(cloud.journal) == 4
    cloud.faults.clear()
    cloud.tokens.refresh["NA_another"] = False
    assert opened(next_run(run, account=run.account), refresh_token=Secret("NA_another")).read_battery()


def test_by_hand_it_is_always_tried(account: TeslaAccount, cloud: TeslaCloud) -> None:
    """`token-refresh` asks even after many refusals: a person may know better."""
    cloud.faults.set("login-required")
    for _ in range(5):
        with pytest.raises(DeviceLoginError):
            account.refresh_token()
    assert len(cloud.journal) == 5
    cloud.faults.clear()
    account.refresh_token()


def test_another_token_in_the_config_starts_anew(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """Who pastes a new refresh token into the config gets that one used, not the stored chain."""
    opened(run).read_battery()
    cloud.tokens.refresh["NA_pasted"] = False
    opened(next_run(run, account=run.account), refresh_token=Secret("NA_pasted")).read_battery()
    assert cloud.tokens.refresh["NA_pasted"] is True
    assert stored(run)["first"] == fingerprint("NA_pasted")


def test_no_refresh_token_at_all(opened: Open, run: Context, cloud: TeslaCloud) -> None:
    """Without any refresh token the owner is told how to log in, and nothing is sent."""
    with pytest.raises(DeviceLoginError, match="no refresh token") as caught:
        opened(run, refresh_token=None).read_battery()
    assert "--login tesla" in caught.value.hint
    assert cloud.journal == []


def test_a_third_party_s_static_token(opened: Open, run: Context, cloud: TeslaCloud, clock: FakeClock) -> None:
    """A static token goes out as it is, is never renewed, and a refused one is said."""
    from solarctl.virtualhome.tesla_tokens import SCOPES, Access

    cloud.tokens.access["third-party-token"] = Access(clock.now() + timedelta(days=3650), SCOPES)
    powerwall = opened(run, token=Secret("third-party-token"), client_id="", refresh_token=None)
    assert powerwall.read_battery().soc_pct == 62
    account: TeslaAccount = run.account("tesla")
    assert (account.token_expires_at(), account.token_lifetime_s()) == (None, float("inf"))
    cloud.faults.set("bearer-401")
    with pytest.raises(DeviceLoginError):
        powerwall.read_reserve()
    assert cloud.tokens.spent == 0


def test_settings_that_lack_something(cloud: TeslaCloud) -> None:
    """What an account cannot do without is named."""
    assert [key for key, _ in TeslaAccount.Settings().problems()] == ["client_id"]
    assert [key for key, _ in TeslaAccount.Settings(api="local").problems()] == ["base_url", "password"]
    assert list(TeslaAccount.Settings(api="owner").problems()) == []
    assert list(TeslaAccount.Settings(token=Secret("x"), base_url="https://api.example.com").problems()) == []


# --- regions


def test_a_wrong_region_is_followed_and_remembered(
    run: Context, cloud: TeslaCloud, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    """By `region` the right host is asked for once; the next run goes there at once."""
    from solarctl.drivers import tesla_cloud

    hosts: list[str] = []
    account = TeslaAccount("tesla", settings(cloud, base_url="", region="na"), run)
    monkeypatch.setitem(tesla_cloud.FLEET_HOSTS, "na", cloud.url)
    cloud.fleet_api_base_url = "https://fleet-api.prd.eu.vn.cloud.tesla.com"
    cloud.faults.set("wrong-region", times=1)
    real = account.connect

    def connect(name: str, host: str) -> Any:
        hosts.append(host)
        return real(name, cloud.url)

    account.connect = connect  # type: ignore[method-assign]
    assert account.cloud.get("powerwall", "/api/1/products")
    assert hosts[-1] == "https://fleet-api.prd.eu.vn.cloud.tesla.com"
    assert TeslaAccount("tesla", settings(cloud, base_url="", region="na"), next_run(run)).cloud.host == hosts[-1]
    assert TeslaAccount("tesla", settings(cloud, base_url="", region="cn"), next_run(run)).cloud.host != hosts[-1]


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"region": "na"}, "https://fleet-api.prd.na.vn.cloud.tesla.com"),
        ({"region": "eu"}, "https://fleet-api.prd.eu.vn.cloud.tesla.com"),
        ({"region": "cn"}, "https://fleet-api.prd.cn.vn.cloud.tesla.cn"),
        ({"api": "owner"}, "https://owner-api.teslamotors.com"),
        ({"base_url": "https://api.example.com"}, "https://api.example.com"),
    ],
)
def test_hosts(run: Context, cloud: TeslaCloud, changes: dict[str, str], host: str) -> None:
    """Each region and interface has its host, and base_url goes before all."""
    assert TeslaAccount("tesla", settings(cloud, **({"base_url": ""} | changes)), run).cloud.host == host


def test_a_dead_network_is_unreachable(run: Context, cloud: TeslaCloud) -> None:
    """Nobody there: try again later, and the token is not spent."""
    account = TeslaAccount("tesla", settings(cloud, auth_url="http://127.0.0.1:9"), run)
    with pytest.raises(DeviceUnreachable):
        account.refresh_token()
    assert cloud.tokens.refresh[cloud.tokens.first_refresh_token] is False
