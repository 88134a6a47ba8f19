"""What homewizard_project got wrong with forecasts of the sun, by the numbers of its list of bugs."""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from solarctl.drivers.forecast_solar import steps_of
from solarctl.drivers.solar_planes import Plane
from solarctl.errors import DeviceReplyError
from solarctl.virtualhome.http_emulator import Response
from tests.drivers.tls import Certificates, https
from tests.forecast.observatory import Observatory


@pytest.fixture
def sun(request, tmp_path):
    """A forecast service that a test names."""
    made = Observatory(request.param, tmp_path)
    yield made
    made.service.stop()


def test_stamps_between_the_slots_lose_nothing():
    """9: values at odd minutes are neither dropped nor made up: the energy is the trapezoid's."""
    watts = {f"2026-06-21T{hour:02}:07:00+00:00": 1000.0 for hour in (10, 11, 12)}
    steps = steps_of(watts, "sun")
    first = datetime(2026, 6, 21, 10, tzinfo=UTC).timestamp()
    assert steps.mean(first, first + 900) == pytest.approx(1000 * 8 / 15)
    assert sum(steps.values) / 4000 == pytest.approx(2.0)


@pytest.mark.parametrize("sun", ["open-meteo-solar", "forecast-solar", "quartz", "solcast"], indirect=True)
@pytest.mark.parametrize("nonsense", [False, True])
def test_a_roof_that_fails_fails_the_forecast(sun, nonsense):
    """13: with one of two roofs silent the kept forecast of both is used, and that is said; never a smaller sum."""
    roofs = {"planes": (Plane(2.0, 35, 90), Plane(3.0, 35, 270))}
    if sun.driver.__name__ == "Solcast":
        roofs = {"sites": (sun.service.site, sun.service.site), "peak_kw": 5.0}
    both = sun.read(**roofs)
    sun.clock.advance(12 * 3600 + 60)
    answer, asked = sun.service.answer, []

    def second_roof_fails(request):
        asked.append(request)
        if len(asked) == 1:
            return answer(request)
        return Response.html("<html>Sun</html>") if nonsense else Response.html("<html>503</html>", 503)

    sun.service.answer = second_roof_fails
    try:
        later = sun.read(**roofs)
    except DeviceReplyError:
        assert nonsense
    else:
        assert not nonsense
        assert later.at == both.at
        assert later.note
        assert later.solar_w[:40] == pytest.approx(both.solar_w[48:88], rel=0.05, abs=60)
    assert len(asked) > 1


@pytest.mark.parametrize("sun", ["quartz"], indirect=True)
def test_a_large_roof_stays_as_large(sun):
    """14: 8 kWp are asked for as 8 kWp, today and tomorrow, and come to the same."""
    first = sun.read(peak_kw=8.0)
    for path in sun.folder.iterdir():
        path.unlink()
    sun.context = None
    again = sun.read(peak_kw=8.0)
    assert again.solar_w == pytest.approx(first.solar_w)
    assert [json.loads(one.body)["site"]["capacity_kwp"] for one in sun.service.journal] == [8.0, 8.0]


@pytest.mark.parametrize("sun", ["quartz"], indirect=True)
def test_weather_grows_old(sun):
    """15: an answer is used again for an hour, not for ever, and lies in the cache folder, not where one stands."""
    here = set(Path().iterdir())
    sun.read()
    sun.clock.advance(61 * 60)
    sun.read()
    assert len(sun.service.journal) == 2
    assert set(Path().iterdir()) == here
    assert list(sun.folder.iterdir())


@pytest.mark.parametrize("sun", ["quartz"], indirect=True)
def test_quartz_leaves_tls_and_the_process_alone(sun, tmp_path):
    """16: after a forecast urllib still refuses an impostor, and nothing that reports to others was loaded."""
    assert sun.read().source == "Quartz"
    impostor = https(Certificates(tmp_path).self_signed("alone", "IP:127.0.0.1"))
    with impostor as port, pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=5)
    assert not {"sentry_sdk", "quartz_solar_forecast", "xgboost"} & sys.modules.keys()
