"""[tariff] as it stands in config.toml."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path

from solarctl.control.tariff import Settings
from solarctl.decode import Decoder
from solarctl.settings import Secret

AS_PRINTED = """
currency = "USD"
import_price = 0.11
export_price = 0.03
holidays = { country = "US", observed = "nearest", extra = ["2026-11-27", 2026-12-24], names = ["New Year's Day"] }
[[windows]]
name = "peak"
peak = true
months = [5, 6, 7, 8, 9, 10]
days = "mon-fri"
from = "14:00"
to = "20:00"
import_price = 0.24
[[windows]]
name = "night"
peak = false
days = ["sat", "sun"]
from = "22:30"
to = "24:00"
from_day = "11-01"
to_day = "03-15"
[[versions]]
valid_from = 2027-01-01
import_price = 0.12
[[versions.windows]]
from = 16:00:00
to = "21:00"
"""


def decoded(text: str) -> tuple[Settings | None, list[str]]:
    decoder = Decoder(Path(), Secret)
    found = decoder.table(Settings, tomllib.loads(text), "tariff")
    return found, [f"{problem.path}: {problem.message}" for problem in decoder.problems]


def test_as_printed_in_the_contract() -> None:
    """Every key is taken, `from` and `to` among them, dates as text and as dates."""
    found, problems = decoded(AS_PRINTED)
    assert problems == []
    assert found is not None
    assert found.windows[0].from_ == time(14)
    assert found.windows[1].to == time(0)
    assert found.holidays.extra == (date(2026, 11, 27), date(2026, 12, 24))
    assert found.versions[0].windows is not None
    assert found.versions[0].windows[0].from_ == time(16)


def test_an_empty_table() -> None:
    """Without any key there are prices, no windows and no holidays."""
    found, problems = decoded("")
    assert (found, problems) == (Settings(), [])


def test_mistakes_are_all_listed() -> None:
    """Each mistake is named with its path, all in one go."""
    _, problems = decoded(
        '[[windows]]\nfrom = "25:00"\nto = "20:00"\n[[windows]]\nfrom = "1:00"\nto = "2:00"\ndays = "xyz"\n'
        'months = [13]\n[holidays]\nobserved = "friday"\n'
    )
    assert [problem.partition(":")[0] for problem in problems] == [
        "tariff.windows.0.from",
        "tariff.windows.1.months",
        "tariff.holidays.observed",
    ]
    _, problems = decoded('[[windows]]\nfrom = "1:00"\nto = "2:00"\ndays = "xyz"')
    assert problems == ['tariff.windows.0.days: \'xyz\' is no day; write "mon-fri", "sat,sun", "daily" or "holidays"']
