"""A Tesla Powerwall: log in with a browser or bring a refresh token, list the sites, choose one."""

from __future__ import annotations

from typing import Any

from solarctl.drivers import catalogue
from solarctl.onboarding import checks
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard

WAYS = (
    ("fleet", "Fleet API: your own application at developer.tesla.com"),
    ("owner", "Owner API: the app's own, without guarantee (needs pip install solarctl[tesla-owner])"),
    ("proxy", "a third party's token (Teslemetry, Tessie)"),
)


def run(wizard: Wizard) -> None:
    way = wizard.pick("tesla.api", "Which way to Tesla?", WAYS, "fleet")
    values: dict[str, Any] = {"service": "tesla", "api": "owner" if way == "owner" else "fleet"}
    if way == "fleet":
        regions = [("na", "America, Asia, Pacific"), ("eu", "Europe, Africa"), ("cn", "China")]
        values["region"] = wizard.pick("tesla.region", "Region of the account", regions, "na")
        values["client_id"] = wizard.ask("tesla.client_id", "Client id of your application", check=checks.not_empty)
        values["client_secret"] = wizard.secret("tesla.client_secret", "Client secret", "tesla-client")
        if redirect := wizard.given("tesla.redirect_uri"):
            values["redirect_uri"] = redirect
    if way == "proxy":
        values["token"] = wizard.secret("tesla.token", "The third party's token", "tesla-token")
        values["base_url"] = wizard.ask("tesla.base_url", "Its address", "https://api.teslemetry.com")
    values |= wizard.addresses("tesla")
    browser = way != "proxy" and wizard.given("tesla.refresh_token") is None
    if browser and wizard.dialogue.interactive:
        browser = wizard.confirm("tesla.browser", "Log in with a browser? (no: paste a refresh token)", default=True)
    if way != "proxy" and not browser:
        values["refresh_token"] = wizard.secret("tesla.refresh_token", "Refresh token", "tesla")
    account = wizard.add_account("tesla", values)
    if browser and wizard.attempt(lambda trial: _log_in(wizard, trial, account), "Log in once more?") is None:
        wizard.draft.drop(f"accounts.{account}")
        return
    sites = wizard.attempt(lambda trial: _sites(trial, account))
    if not sites:
        if sites is not None:
            wizard.say("  This account has no energy site.")
        wizard.draft.drop(f"accounts.{account}")
        return
    options = [(site_id, f"{name} (number {site_id})") for site_id, name in sites]
    site_id = wizard.pick("tesla.site_id", "Which site?", options, sites[0][0])
    wizard.add_device("powerwall", {"driver": "tesla-powerwall", "account": account, "site_id": int(site_id)})


def _log_in(wizard: Wizard, trial: Trial, account: str) -> bool:
    opened = trial.site.account(account)
    wizard.say("  Open this address, log in, and paste the address that the browser ends at (an error page is fine):")
    wizard.say(f"  {opened.login_address()}")
    opened.finish_login(wizard.ask("tesla.callback", "Address", check=checks.not_empty))
    return True


def _sites(trial: Trial, account: str) -> list[tuple[int, str]]:
    products = trial.site.account(account).cloud.get(account, "/api/1/products")
    rows = products if isinstance(products, list) else []
    return [
        (int(row["energy_site_id"]), str(row.get("site_name") or "Powerwall"))
        for row in rows
        if isinstance(row, dict) and row.get("energy_site_id")
    ]


STEP = Step("tesla", "A Tesla Powerwall", 26, run, offered=lambda wizard: "tesla-powerwall" in catalogue.DRIVERS)
