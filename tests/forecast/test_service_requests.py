"""What each forecast service is asked, to the letter, and where its numbers belong."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import responses

from solarctl.drivers.solar_planes import Plane
from solarctl.errors import DeviceLoginError
from solarctl.settings import Secret
from solarctl.virtualhome.http_emulator import Response
from tests.forecast.observatory import NOON

EAST_WEST = (Plane(2.5, 30, 90), Plane(1.0, 15, 270))


def test_open_meteo(opened):
    """One request for each plane: sunshine and temperature by quarter-hours, in seconds since 1970."""
    sun = opened("open-meteo-solar")
    sun.read(planes=EAST_WEST)
    first, second = sun.service.journal
    assert first.path == second.path == "/v1/forecast"
    assert first.query == {
        "latitude": "52.1",
        "longitude": "5.1",
        "minutely_15": "global_tilted_irradiance,temperature_2m",
        "tilt": "30",
        "azimuth": "-90",
        "forecast_days": "5",
        "timezone": "GMT",
        "timeformat": "unixtime",
    }
    assert (second.query["tilt"], second.query["azimuth"]) == ("15", "90")


def test_open_meteos_ensemble(opened):
    """P10 and P90 by the hour, of one model's members."""
    sun = opened("open-meteo-solar")
    sun.read(uncertainty=True)
    ensemble = sun.service.journal[1]
    assert ensemble.path == "/v1/ensemble"
    assert ensemble.query["hourly"] == "global_tilted_irradiance"
    assert ensemble.query["models"] == "icon_seamless"


def test_open_meteos_members(opened):
    """Of ten members the second and the ninth, of the hour that ends at the stamp."""
    sun = opened("open-meteo-solar")
    answer = sun.service.answer
    hours = [int(NOON.replace(minute=0).timestamp()) + 3600 * n for n in range(1, 5)]
    members = {f"global_tilted_irradiance_member{n:02}": [100.0 * n, 0, 0, 0] for n in range(1, 11)}

    def scripted(request):
        if request.path != "/v1/ensemble":
            return answer(request)
        return Response.of({"hourly": {"time": hours, **members}})

    sun.service.answer = scripted
    sun.service.sun.told_air_c = 25.0
    found = sun.read(1, 60, uncertainty=True)

    def power(sunshine: float) -> float:
        return 4.0 * sunshine * (1 - 0.004 * 0.034 * sunshine) * 0.9

    assert found.low_w[0] == pytest.approx(power(200))
    assert found.high_w[0] == pytest.approx(power(900))


@responses.activate
def test_open_meteos_paid_service(opened):
    """A key goes to the paid hosts, and to no other."""
    stamps = [int(NOON.timestamp()) // 3600 * 3600 + 3600 * n for n in range(1, 30)]
    column = {"time": stamps, "global_tilted_irradiance": [300.0] * 29}
    hosts = ("customer-api", "customer-ensemble-api")
    responses.get(
        f"https://{hosts[0]}.open-meteo.com/v1/forecast", json={"minutely_15": {**column, "temperature_2m": [20] * 29}}
    )
    responses.get(f"https://{hosts[1]}.open-meteo.com/v1/ensemble", json={"hourly": column})
    opened("open-meteo-solar").read(1, uncertainty=True, api_key=Secret("k3y"), base_url="")
    assert [call.request.params["apikey"] for call in responses.calls] == ["k3y", "k3y"]


@pytest.mark.parametrize(
    ("keys", "path", "query"),
    [
        ({}, "/estimate/52.1/5.1/35/0/4", {"time": "utc"}),
        ({"azimuth_deg": 90.0, "tilt_deg": 12.5}, "/estimate/52.1/5.1/12.5/-90/4", {"time": "utc"}),
        ({"api_key": Secret("k3y")}, "/k3y/estimate/52.1/5.1/35/0/4", {"time": "utc"}),
        (
            {"damping_morning": 0.25, "damping_evening": 1.0, "inverter_kw": 3.6},
            "/estimate/52.1/5.1/35/0/4",
            {"time": "utc", "damping_morning": "0.25", "damping_evening": "1", "inverter": "3.6"},
        ),
    ],
)
def test_forecast_solar(opened, keys, path, query):
    """Place, tilt, azimuth from south, and peak power stand in the path; the key before them."""
    sun = opened("forecast-solar")
    sun.read(**keys)
    (asked,) = sun.service.journal
    assert (asked.path, asked.query) == (path, query)


@pytest.mark.parametrize("where", ["body", "X-Ratelimit-Retry-At", "Retry-After"])
def test_forecast_solars_limit(opened, where):
    """Until when it wants to be left alone stands in the message, in a header of its own, or in the usual one."""
    sun = opened("forecast-solar")
    until = NOON + timedelta(minutes=25)
    body = {"result": None, "message": {"code": 429, "ratelimit": {"limit": 12}}}
    headers = {}
    if where == "body":
        body["message"]["ratelimit"]["retry-at"] = until.isoformat()  # type: ignore[index]
    else:
        headers[where] = "1500" if where == "Retry-After" else until.isoformat()
    answer, sun.service.answer = sun.service.answer, lambda _request: Response.of(body, 429, **headers)
    assert "until 12:32" in sun.read().note
    sun.service.answer = answer
    sun.clock.advance(24 * 60)
    sun.read()
    assert len(sun.service.journal) == 1
    sun.clock.advance(120)
    assert sun.read().source == "Forecast.Solar"


def test_forecast_solars_key(opened):
    """A key that it does not know is a log-in matter."""
    sun = opened("forecast-solar")
    sun.service.faults.set("wrong-key")
    with pytest.raises(DeviceLoginError, match="key"):
        sun.read()


def test_planes_share_forecast_solars_hour(opened):
    """Fourteen planes are asked for at most every seventy minutes: twelve requests an hour."""
    sun = opened("forecast-solar")
    sun.service.LIMIT = 100  # type: ignore[misc]
    planes = tuple(Plane(1.0, 35, 10.0 * n) for n in range(14))
    for _ in range(5):
        sun.read(planes=planes)
        sun.clock.advance(16 * 60)
    assert len(sun.service.journal) == 14


def test_solcast(opened):
    """The site's id in the path, the key in the header, three days."""
    sun = opened("solcast")
    sun.read()
    (asked,) = sun.service.journal
    assert asked.path == f"/rooftop_sites/{sun.service.site}/forecasts"
    assert asked.query == {"format": "json", "hours": "72"}
    assert asked.headers["Authorization"] == f"Bearer {sun.service.key}"


def test_solcasts_periods(opened):
    """A value is the mean of the half hour that ends at its stamp, in kW; three of them: P50, P10, P90."""
    sun = opened("solcast")
    rows = [
        {"pv_estimate": 1.0 + n, "pv_estimate10": 0.5, "pv_estimate90": 2.5, "period": "PT30M",
         "period_end": f"{NOON.replace(minute=30) + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%S}.0000000Z"}
        for n in range(3)
    ]  # fmt: skip
    sun.service.answer = lambda _request: Response.of({"forecasts": rows})
    found = sun.read(1.3)
    assert found.solar_w[:6] == (1000, 1000, 2000, 2000, 3000, 3000)
    assert found.low_w[:6] == (500,) * 6
    assert found.high_w[:6] == (2500,) * 6


def test_quartz(opened):
    """Its bearings are ours, and capacity is what it is; the moment is a whole hour in UTC."""
    sun = opened("quartz")
    sun.read(peak_kw=8.0, tilt_deg=20.0, azimuth_deg=135.0)
    (asked,) = sun.service.journal
    assert (asked.method, asked.path) == ("POST", "/forecast/")
    site = {"latitude": 52.1, "longitude": 5.1, "capacity_kwp": 8.0, "tilt": 20.0, "orientation": 135.0}
    assert json.loads(asked.body) == {"site": site, "timestamp": "2026-06-21T10:00:00Z"}


def test_quartzs_moments(opened):
    """Quarter-hours without a zone are UTC."""
    sun = opened("quartz")
    told = {f"2026-06-21T10:{minute:02}:00": minute / 10 for minute in (0, 15, 30, 45)}
    sun.service.answer = lambda _request: Response.of({"predictions": {"power_kw": told}})
    assert sun.read(0.8).solar_w[:4] == (0, 1500, 3000, 4500)
