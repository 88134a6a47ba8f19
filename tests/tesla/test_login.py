"""Logging in by a person: an address to open, an answer to paste, and what may be wrong with it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from solarctl.context import Context
from solarctl.drivers.tesla_account import TeslaAccount
from solarctl.errors import DeviceLoginError
from solarctl.virtualhome.emulators.tesla import TeslaCloud
from tests.fakes import FakeClock, next_run
from tests.tesla.conftest import settings


def test_the_whole_way(account: TeslaAccount, cloud: TeslaCloud, run: Context, clock: FakeClock) -> None:
    """Address, log-in in the browser, pasted answer, token; the code is proven by PKCE, and the state is new."""
    address = account.login_address()
    assert address is not None
    query = dict(parse_qsl(urlsplit(address).query))
    assert query["client_id"] == cloud.tokens.client_id
    assert query["redirect_uri"] == cloud.tokens.redirect_uri
    assert query["scope"].split() == ["openid", "offline_access", "energy_device_data", "energy_cmds"]
    assert query["code_challenge_method"] == "S256"
    later = TeslaAccount("tesla", settings(cloud), next_run(run))
    expires_at = later.finish_login(cloud.tokens.authorize(address))
    assert (expires_at - clock.now()).total_seconds() == 28800
    exchange = [one.form() for one in cloud.journal if one.path == "/oauth2/v3/token"][-1]
    assert exchange["grant_type"] == "authorization_code"
    assert exchange["audience"] == cloud.url
    assert exchange["client_secret"] == cloud.tokens.client_secret
    assert later.cloud.get("powerwall", "/api/1/products")
    second = account.login_address()
    assert second != address


def test_a_log_in_replaces_a_dead_chain(account: TeslaAccount, cloud: TeslaCloud, run: Context) -> None:
    """After a refused refresh token a log-in makes everything work again."""
    account.refresh_token()
    for token in cloud.tokens.refresh:
        cloud.tokens.refresh[token] = True
    with pytest.raises(DeviceLoginError):
        account.refresh_token()
    address = account.login_address()
    assert address is not None
    account.finish_login(cloud.tokens.authorize(address))
    account.refresh_token()


@pytest.mark.parametrize("form", ["{}", " '{}' ", '"{}"\n'])
def test_how_people_paste(account: TeslaAccount, cloud: TeslaCloud, form: str) -> None:
    """Quotes and blanks around the address do no harm."""
    address = account.login_address()
    assert address is not None
    account.finish_login(form.format(cloud.tokens.authorize(address)))


def test_only_the_query(account: TeslaAccount, cloud: TeslaCloud) -> None:
    """The part behind the question mark is enough."""
    address = account.login_address()
    assert address is not None
    account.finish_login(urlsplit(cloud.tokens.authorize(address)).query)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("https://example.com/solarctl?code=NA_x&state=forged", "state differs"),
        ("https://example.com/solarctl", "no code"),
        ("I do not know", "no code"),
        ("https://example.com/solarctl?error=access_denied&state=x", "access_denied"),
    ],
)
def test_wrong_answers(account: TeslaAccount, cloud: TeslaCloud, run: Context, answer: str, words: str) -> None:
    """A forged state, a missing code and a refusal are told apart; nothing is sent, the token stays."""
    account.login_address()
    with pytest.raises(DeviceLoginError, match=words):
        account.finish_login(answer)
    assert cloud.journal == []
    assert run.tokens.get("tesla") is None


def test_a_code_serves_once(account: TeslaAccount, cloud: TeslaCloud) -> None:
    """A code that was used already is refused by Tesla, in plain words."""
    address = account.login_address()
    assert address is not None
    answer = cloud.tokens.authorize(address)
    code = dict(parse_qsl(urlsplit(answer).query))["code"]
    cloud.tokens.codes[code].used = True
    with pytest.raises(DeviceLoginError, match="invalid_auth_code"):
        account.finish_login(answer)


def test_nobody_began(account: TeslaAccount) -> None:
    """Pasting without an address, or hours after it, is told so."""
    with pytest.raises(DeviceLoginError, match="begun"):
        account.finish_login("https://example.com/solarctl?code=NA_x&state=y")


def test_too_slow(account: TeslaAccount, cloud: TeslaCloud, clock: FakeClock) -> None:
    """After an hour the log-in must be begun again."""
    address = account.login_address()
    assert address is not None
    answer = cloud.tokens.authorize(address)
    clock.advance(3601)
    with pytest.raises(DeviceLoginError, match="within the hour"):
        account.finish_login(answer)


def test_a_wrong_redirect_address(cloud: TeslaCloud, run: Context) -> None:
    """A redirect address that is not the registered one is explained."""
    account = TeslaAccount("tesla", settings(cloud), run)
    address = account.login_address()
    assert address is not None
    answer = cloud.tokens.authorize(address)
    other = TeslaAccount("tesla", settings(cloud, redirect_uri="https://elsewhere.example.com"), next_run(run))
    with pytest.raises(DeviceLoginError, match="redirect") as caught:
        other.finish_login(answer)
    assert "redirect_uri" in caught.value.hint


def test_a_person_who_says_no(account: TeslaAccount, cloud: TeslaCloud) -> None:
    """Denied in the browser: told as that, no token is asked for, and the next try is a new one."""
    cloud.faults.set("login-denied", times=1)
    address = account.login_address()
    assert address is not None
    asked = len(cloud.journal)
    with pytest.raises(DeviceLoginError, match="denied"):
        account.finish_login(cloud.tokens.authorize(address))
    assert len(cloud.journal) == asked
    again = account.login_address()
    assert again is not None
    account.finish_login(cloud.tokens.authorize(again))
