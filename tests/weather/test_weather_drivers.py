"""Weather services: today's highest temperature in the site's unit, or a clear word why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.capabilities import WeatherForecast
from solarctl.drivers.nws import NationalWeatherService
from solarctl.drivers.open_meteo import OpenMeteo
from solarctl.drivers.openweather import OpenWeather
from solarctl.errors import (
    ConfigError,
    DeviceLoginError,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
    SolarctlError,
)
from solarctl.settings import Secret
from solarctl.virtualhome.emulators import nws, open_meteo, openweather
from tests.fakes import FakeClock, context, next_run

PHOENIX = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 19, 0, tzinfo=UTC)
TODAY = date(2026, 7, 15)
SERVICES = {
    "open-meteo": (open_meteo.OpenMeteo, OpenMeteo),
    "openweather": (openweather.OpenWeather, OpenWeather),
    "nws": (nws.NationalWeatherService, NationalWeatherService),
}


class Station:
    """A weather service, and drivers that ask it."""

    def __init__(self, name: str) -> None:
        emulator, self.driver = SERVICES[name]
        self.clock = FakeClock(NOON)
        self.service: Any = emulator(SimpleNamespace(timezone=PHOENIX), self.clock)
        self.site = {"latitude": 33.45, "longitude": -112.07, "temperature_unit": "F", "timezone": "America/Phoenix"}
        self.context: Any = None

    def open(self, **keys: Any) -> Any:
        """Return the driver as a new run has it."""
        parts = {"clock": self.clock, "timezone": PHOENIX, "site": self.site}
        self.context = next_run(self.context) if self.context is not None else context(**parts)
        if self.driver is OpenWeather:
            keys.setdefault("api_key", Secret(self.service.key))
        return self.driver("weather", self.driver.Settings(base_url=self.service.url, **keys), self.context)


@pytest.fixture
def opened() -> Iterator[Callable[[str], Station]]:
    started: list[Station] = []

    def start(name: str) -> Station:
        station = Station(name)
        station.service.start()
        started.append(station)
        return station

    yield start
    for station in started:
        station.service.stop()


@pytest.mark.parametrize("name", SERVICES)
class TestEveryService:
    """What all weather services owe precool."""

    def test_todays_high(self, opened: Callable[[str], Station], name: str) -> None:
        """40.5 °C is 104.9 °F (NWS forecasts whole °F), for the day that was asked for."""
        station = opened(name)
        station.service.outlook.highs_c[TODAY] = 40.5
        driver = station.open()
        assert isinstance(driver, WeatherForecast)
        reading = driver.read_high(TODAY)
        assert reading.high_deg == pytest.approx(104.9, abs=0.11)
        assert reading.day == TODAY
        assert reading.low_deg is not None
        assert reading.low_deg < reading.high_deg
        assert reading.at == NOON
        assert reading.at.tzinfo is not None

    def test_celsius(self, opened: Callable[[str], Station], name: str) -> None:
        """In a house that counts in °C the high is in °C."""
        station = opened(name)
        station.service.outlook.highs_c[TODAY] = 40.5
        station.site["temperature_unit"] = "C"
        assert station.open().read_high(TODAY).high_deg == pytest.approx(40.5, abs=0.1)

    def test_cloud_cover(self, opened: Callable[[str], Station], name: str) -> None:
        """The cloud cover comes by local hour."""
        cover = opened(name).open().read_high(TODAY).cloud_pct
        assert cover is not None
        assert len(cover) == 24
        assert all(0 <= pct <= 100 for pct in cover)

    def test_the_high_of_another_day_is_never_used(self, opened: Callable[[str], Station], name: str) -> None:
        """A forecast that does not contain the day gives no number."""
        with pytest.raises((DeviceReplyError, DeviceUnreachable)):
            opened(name).open().read_high(date(2026, 1, 1))

    def test_a_house_without_position(self, opened: Callable[[str], Station], name: str) -> None:
        """Nobody can forecast the weather of nowhere: a mistake in the config, with the keys to add."""
        station = opened(name)
        station.site["latitude"] = None  # type: ignore[assignment]
        with pytest.raises(ConfigError, match=r"site\.latitude"):
            station.open().read_high(TODAY)

    def test_silence(self, opened: Callable[[str], Station], name: str) -> None:
        """A service that is gone is unreachable."""
        station = opened(name)
        driver = station.open()
        station.service.stop()
        with pytest.raises(DeviceUnreachable):
            driver.read_high(TODAY)


FAULTS: list[tuple[str, str, type[SolarctlError]]] = [
    ("open-meteo", "rate-limit", DeviceUnreachable),
    ("open-meteo", "overloaded", DeviceUnreachable),
    ("open-meteo", "bad-request", DeviceReplyError),
    ("open-meteo", "null-max", DeviceUnreachable),
    ("open-meteo", "other-day", DeviceReplyError),
    ("open-meteo", "no-daily", DeviceReplyError),
    ("open-meteo", "html-200", DeviceReplyError),
    ("open-meteo", "torn", DeviceUnreachable),
    ("openweather", "not-subscribed", DeviceLoginError),
    ("openweather", "rate-limit", DeviceUnreachable),
    ("openweather", "http-500", DeviceUnreachable),
    ("openweather", "no-daily", DeviceReplyError),
    ("openweather", "null-max", DeviceUnreachable),
    ("openweather", "other-days", DeviceReplyError),
    ("openweather", "html-200", DeviceReplyError),
    ("nws", "outside", DeviceSetupError),
    ("nws", "http-500", DeviceUnreachable),
    ("nws", "http-503", DeviceUnreachable),
    ("nws", "evening", DeviceUnreachable),
    ("nws", "null-temperature", DeviceUnreachable),
    ("nws", "no-periods", DeviceUnreachable),
    ("nws", "moved-grid", DeviceReplyError),
    ("nws", "html-200", DeviceReplyError),
]


@pytest.mark.parametrize(("name", "fault", "error"), FAULTS)
def test_each_fault_is_an_error_of_ours_and_ends_with_it(
    opened: Callable[[str], Station], name: str, fault: str, error: type[SolarctlError]
) -> None:
    """Each fault becomes one of our errors, with the device's name, and is over when the fault is."""
    station = opened(name)
    station.service.faults.set(fault)
    with pytest.raises(error, match="weather"):
        station.open().read_high(TODAY)
    station.service.faults.clear()
    station.clock.advance(60)
    assert station.open().read_high(TODAY).high_deg == pytest.approx(104, abs=0.1)


@pytest.mark.parametrize("name", SERVICES)
def test_a_block_is_remembered(opened: Callable[[str], Station], name: str) -> None:
    """A service that asks for an hour's silence is not asked by the next runs, which tell until when; then it is."""
    station = opened(name)
    station.service.faults.set("rate-limit-hour")
    for _ in range(3):
        with pytest.raises(DeviceUnreachable) as caught:
            station.open().read_high(TODAY)
        assert caught.value.retry_at == NOON + timedelta(hours=1)
        station.clock.advance(600)
    assert len(station.service.journal) == 1
    assert "13:00" in str(caught.value)
    station.service.faults.clear()
    station.clock.advance(1800)
    assert station.open().read_high(TODAY).high_deg == pytest.approx(104, abs=0.1)


@pytest.mark.parametrize(
    ("word", "minutes"), [("Minutely", 1), ("Hourly", 60), ("Daily", 5 * 60)], ids=("minute", "hour", "day")
)
def test_open_meteo_names_the_limit_in_words(opened: Callable[[str], Station], word: str, minutes: int) -> None:
    """Without Retry-After the answer's words tell how long to wait; the day ends at midnight UTC."""
    station = opened("open-meteo")
    station.service.limit_word = word
    station.service.faults.set("rate-limit")
    with pytest.raises(DeviceUnreachable) as caught:
        station.open().read_high(TODAY)
    assert caught.value.retry_at == NOON + timedelta(minutes=minutes)


def test_open_meteo_with_the_maximum_alone(opened: Callable[[str], Station]) -> None:
    """Only the maximum is needed; a service (or a proxy) that tells no minimum will do."""
    station = opened("open-meteo")
    station.service.faults.set("no-min")
    reading = station.open().read_high(TODAY)
    assert (reading.high_deg, reading.low_deg) == (104, None)


def test_every_fault_has_its_test() -> None:
    """A fault that an emulator knows is either in the table or tested by name."""
    tested = {(name, fault) for name, fault, _ in FAULTS} | {
        ("open-meteo", "null-clouds"),
        ("open-meteo", "text-numbers"),
        ("open-meteo", "no-min"),
        *((name, "rate-limit-hour") for name in SERVICES),
    }
    known = {(name, fault) for name, (emulator, _) in SERVICES.items() for fault in emulator.FAULTS if fault != "slow"}
    assert known == tested


def test_open_meteo_without_all_clouds(opened: Callable[[str], Station]) -> None:
    """Unknown cloud cover is None, and the high is there all the same; numbers may come as text."""
    station = opened("open-meteo")
    station.service.faults.set("null-clouds")
    station.service.faults.set("text-numbers")
    reading = station.open().read_high(TODAY)
    assert reading.cloud_pct is None
    assert reading.high_deg == 104


def test_open_meteo_is_asked_for_the_sites_day(opened: Callable[[str], Station]) -> None:
    """The zone always goes along; without it the day would be Greenwich's."""
    station = opened("open-meteo")
    station.open().read_high(TODAY)
    query = station.service.journal[-1].query
    assert query["timezone"] == "America/Phoenix"
    assert (query["start_date"], query["end_date"]) == ("2026-07-15", "2026-07-15")
    assert "apikey" not in query


def test_own_coordinates_win(opened: Callable[[str], Station]) -> None:
    """A device may lie elsewhere than the site."""
    station = opened("open-meteo")
    station.open(latitude=52.5, longitude=13.4).read_high(TODAY)
    assert station.service.journal[-1].query["latitude"] == "52.5"


def test_openweathers_free_forecast(opened: Callable[[str], Station]) -> None:
    """What is left of today in three-hour steps; the afternoon's heat is in it at noon."""
    station = opened("openweather")
    station.service.outlook.highs_c[TODAY] = 41.0
    assert station.open(product="forecast").read_high(TODAY).high_deg == pytest.approx(105.8, abs=0.3)


def test_a_wrong_key_is_a_login_error_that_hides_it(opened: Callable[[str], Station]) -> None:
    """The message says what to do and does not repeat the key."""
    station = opened("openweather")
    with pytest.raises(DeviceLoginError) as caught:
        station.open(api_key=Secret("wrong-key-12345")).read_high(TODAY)
    assert "wrong-key" not in str(caught.value) + caught.value.hint


def test_nws_looks_the_grid_up_once(opened: Callable[[str], Station]) -> None:
    """The first run takes two requests, the next ones one; the caller says who it is."""
    station = opened("nws")
    for _ in range(3):
        station.open(contact="owner@example.com").read_high(TODAY)
    paths = [request.path.split("/")[1] for request in station.service.journal]
    assert paths == ["points", "gridpoints", "gridpoints", "gridpoints"]
    assert "owner@example.com" in station.service.journal[0].headers["User-Agent"]


def test_nws_finds_a_moved_grid(opened: Callable[[str], Station]) -> None:
    """When the remembered grid is gone, the place is looked up again."""
    station = opened("nws")
    station.open().read_high(TODAY)
    station.service.grid = ("PSR", 160, 57)
    assert station.open().read_high(TODAY).high_deg == 104
