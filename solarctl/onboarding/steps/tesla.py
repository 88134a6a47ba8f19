"""A Tesla Powerwall: log in with a browser or bring a refresh token, list the sites, choose one."""

from __future__ import annotations

from typing import Any

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.logging_in import account_that_lists
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard

WAYS = (
    ("fleet", "Fleet API: your own application at developer.tesla.com"),
    ("owner", "Owner API: the app's own, without guarantee (needs pip install solarctl[tesla-owner])"),
    ("proxy", "a third party's token (Teslemetry, Tessie)"),
)


def run(wizard: Wizard) -> None:
    found = account_that_lists(
        wizard,
        "tesla",
        "tesla",
        _account,
        _sites,
        nothing="This account has no energy site.",
        again="Log in another way?",
    )
    if found is None:
        return
    account, sites = found
    options = [(site_id, f"{name} (number {site_id})") for site_id, name in sites]
    site_id = wizard.pick("tesla.site_id", "Which site?", options, sites[0][0])
    wizard.add_device("powerwall", {"driver": "tesla-powerwall", "account": account, "site_id": int(site_id)})
    wizard.drop_unused(account)


def _account(wizard: Wizard) -> str | None:
    """Return the new account's name; None when nobody could log in."""
    way = wizard.pick("tesla.api", "Which way to Tesla?", WAYS, "fleet")
    values: dict[str, Any] = {"service": "tesla", "api": "owner" if way == "owner" else "fleet"}
    if way == "fleet":
        regions = [("na", "America, Asia, Pacific"), ("eu", "Europe, Africa"), ("cn", "China")]
        values["region"] = wizard.pick("tesla.region", "Region of the account", regions, "na")
        values["client_id"] = wizard.ask("tesla.client_id", "Client id of your application", check=checks.not_empty)
        values["client_secret"] = wizard.secret("tesla.client_secret", "Client secret", "tesla-client")
        usual = "https://localhost/callback"
        values["redirect_uri"] = wizard.ask("tesla.redirect_uri", "Its redirect address, as registered", usual)
    if way == "proxy":
        values["token"] = wizard.secret("tesla.token", "The third party's token", "tesla-token")
        values["base_url"] = wizard.ask("tesla.base_url", "Its address", "https://api.teslemetry.com")
    values |= wizard.addresses("tesla")
    browser = False
    if way != "proxy":
        known = wizard.given("tesla.refresh_token") is not None
        browser = wizard.another("tesla.browser", "Log in with a browser? (no: a refresh token)", default=not known)
    if way != "proxy" and not browser:
        values["refresh_token"] = wizard.secret("tesla.refresh_token", "Refresh token", "tesla")
    account = wizard.add_account("tesla", values)
    if browser and wizard.attempt(lambda trial: _log_in(wizard, trial, account), "Log in once more?") is None:
        wizard.drop_unused(account)
        return None
    return account


def _log_in(wizard: Wizard, trial: Trial, account: str) -> bool:
    opened = trial.site.account(account)
    wizard.say("  Open this address, log in, and paste the address that the browser ends at (an error page is fine):")
    wizard.say(f"  {opened.login_address()}")
    opened.finish_login(wizard.ask("tesla.callback", "Address", check=checks.not_empty))
    return True


def _sites(account: str, trial: Trial) -> list[tuple[int, str]]:
    products = trial.site.account(account).cloud.get(account, "/api/1/products")
    rows = products if isinstance(products, list) else []
    return [
        (int(row["energy_site_id"]), str(row.get("site_name") or "Powerwall"))
        for row in rows
        if isinstance(row, dict) and row.get("energy_site_id")
    ]


STEP = Step("tesla", "A Tesla Powerwall", 26, run, offered=lambda wizard: "tesla-powerwall" in catalogue.DRIVERS)
