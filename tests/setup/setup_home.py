"""Emulators of a whole house, and setup run against them."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.home import ZONE, Home, Result

NAMES = ("solax-cloud", "tuya", "honeywell-tcc", "open-meteo", "smtp")
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=ZoneInfo(ZONE))


def answers(home: Home) -> dict[str, Any]:
    portal, solax, tuya = (home.emulators[name] for name in ("honeywell-tcc", "solax-cloud", "tuya"))
    smtp = tomllib.loads(home.emulators["smtp"].config())["mail"]
    return {
        "site": {"timezone": ZONE, "latitude": 50.1, "longitude": 14.4, "temperature_unit": "F"},
        "solax": {"token": solax.token, "serial": solax.serial, "base_url": solax.url},
        "tuya": {
            "client_id": tuya.client_id,
            "client_secret": tuya.client_secret,
            "device_ids": [tuya.relay.device_id],
            "base_url": tuya.url,
        },
        "honeywell": {"username": portal.username, "password": portal.password, "base_url": portal.url},
        "weather": {"service": "open-meteo", "base_url": home.emulators["open-meteo"].url},
        "tariff": {"preset": "srp", "peak_price": 0.24},
        "signs": {"minutes": 1},
        "mail": {**smtp, "to": "me@example.com", "password": home.emulators["smtp"].secrets().get("mail.secret", "x")},
    }


def setup(home: Home, given: dict[str, Any], *argv: str) -> Result:
    """Run setup with a file of answers."""
    from solarctl.onboarding.toml_text import table_text

    path = home.folder / "answers.toml"
    path.write_text("\n".join(table_text((step,), values) for step, values in given.items()))
    path.chmod(0o600)
    return home.run("setup", "--answers", str(path), *argv)
