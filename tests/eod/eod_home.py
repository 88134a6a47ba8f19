"""A home with a Powerwall whose evening is mailed."""

from __future__ import annotations

import email
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.virtualhome.emulators.smtp import MailServer
from tests.home import Home

PRAGUE = ZoneInfo("Europe/Prague")
EVENING = datetime(2026, 7, 15, 20, 5, tzinfo=PRAGUE)
TABLES = """
[tariff]
import_price = 0.30
export_price = 0.08
currency = "EUR"
[[tariff.windows]]
days = "mon-fri"
from = "14:00"
to = "20:00"
[eod-status]
battery = "powerwall"
"""


def tesla(home: Home) -> Any:
    return home.emulators["tesla"]


def discharging(home: Home, watts: float) -> None:
    home.house.battery.force_w = watts  # type: ignore[union-attr]
    home.house.settle()


def letter(mail: MailServer, index: int = -1) -> EmailMessage:
    found = email.message_from_bytes(mail.messages[index].data, policy=default)
    assert isinstance(found, EmailMessage)
    return found
