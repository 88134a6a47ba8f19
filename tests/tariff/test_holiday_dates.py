"""Dates of holidays: any year, any country, and a file so that they are computed once a year."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from solarctl.control.tariff import Holidays, Settings, Version
from solarctl.errors import ConfigError
from solarctl.holiday_dates import FILE, compute, dates, known

NOW = datetime(2026, 7, 1, tzinfo=UTC)
US = Settings(holidays=Holidays(country="US"))

OBSERVED = {  # by `nearest`; the days of new year that fall into the year before are there
    2021: "01-01 05-31 07-05 09-06 11-25 12-24 12-31",
    2022: "05-30 07-04 09-05 11-24 12-26",
    2023: "01-02 05-29 07-04 09-04 11-23 12-25",
    2024: "01-01 05-27 07-04 09-02 11-28 12-25",
    2025: "01-01 05-26 07-04 09-01 11-27 12-25",
    2026: "01-01 05-25 07-03 09-07 11-26 12-25",
    2027: "01-01 05-31 07-05 09-06 11-25 12-24 12-31",
    2028: "05-29 07-04 09-04 11-23 12-25",
    2029: "01-01 05-28 07-04 09-03 11-22 12-25",
}


@pytest.mark.parametrize(("year", "expected"), OBSERVED.items())
def test_the_six_holidays_of_us_tariffs(year: int, expected: str) -> None:
    """Saturday's is observed on Friday, Sunday's on Monday, also across new year."""
    assert sorted(f"{day:%m-%d}" for day in dates(US.holidays, [year])) == expected.split()


def test_only_sunday_moves() -> None:
    """By `sunday` 4 July 2026 stays on its Saturday, and 4 July 2027 moves to Monday."""
    rule = Holidays(country="US", observed="sunday", names=("Independence Day",))
    assert dates(rule, [2026, 2027]) == {date(2026, 7, 4), date(2027, 7, 5)}


def test_other_countries() -> None:
    """Every country's holidays are there under their English names, and by its own law where that is wanted."""
    assert date(2026, 4, 27) in dates(Holidays(country="NL", names=("King's Day",)), [2026])
    by_law = dates(Holidays(country="GB", subdivision="ENG", observed="country"), [2021])
    assert {date(2021, 12, 27), date(2021, 12, 28)} <= by_law


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (Holidays(country="XX"), "tariff.holidays.country"),
        (Holidays(country="US", subdivision="ZZ"), "tariff.holidays.subdivision"),
        (Holidays(country="US", names=("Xmas",)), "tariff.holidays.names"),
    ],
)
def test_unknown_names(rule: Holidays, path: str) -> None:
    """A country, state or holiday that is not known is a mistake in the config, with a hint."""
    with pytest.raises(ConfigError) as caught:
        dates(rule, [2026])
    assert caught.value.problems[0].path == path
    assert caught.value.hint


def test_versions_change_the_holidays() -> None:
    """Each day is judged by the version in force on it."""
    settings = Settings(
        holidays=Holidays(country="US"),
        versions=(Version(valid_from=date(2026, 8, 1), holidays=Holidays(country="US", names=("Veterans Day",))),),
    )
    found = compute(settings, [2026])
    assert date(2026, 7, 3) in found
    assert date(2026, 11, 26) not in found
    assert date(2026, 11, 11) in found


def test_computed_once_a_year(tmp_path: Path) -> None:
    """The second run reads the file and never loads the library; other settings or years are computed anew."""
    first = known(US, NOW, tmp_path)
    code = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from solarctl.control.tariff import Holidays, Settings
from solarctl.holiday_dates import known
found = known(Settings(holidays=Holidays(country="US")), datetime(2026, 12, 31, tzinfo=UTC), Path({str(tmp_path)!r}))
print(len(found), "holidays" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(len(first)), "False"]
    assert date(2028, 7, 4) in known(US, NOW.replace(year=2027), tmp_path)
    assert date(2026, 4, 27) in known(Settings(holidays=Holidays(country="NL")), NOW, tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"question": 1}', b"\xff"])
def test_a_damaged_file_is_computed_anew(tmp_path: Path, content: bytes) -> None:
    """Whatever is in the file, the dates are right."""
    (tmp_path / FILE).write_bytes(content)
    assert date(2026, 7, 3) in known(US, NOW, tmp_path)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """With `keep` off no file appears, and neither does one where it cannot be written."""
    assert known(US, NOW, tmp_path / "cache", keep=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "cache").write_text("no folder")
    assert known(US, NOW, tmp_path / "cache")


def test_without_a_country_nothing_is_loaded() -> None:
    """No holidays asked for: no dates, no file, no library."""
    assert known(Settings(), NOW) == frozenset()
