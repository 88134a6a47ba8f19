"""What is odd about each solar forecast service."""

from __future__ import annotations

import contextlib
import socket
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from solarctl.drivers import http_line
from solarctl.drivers.clear_sky import clear_sky_w
from solarctl.drivers.forecast_solar import steps_of
from solarctl.drivers.solar_planes import Plane
from solarctl.errors import ConfigError, DeviceLoginError, DeviceReplyError, DeviceSetupError
from solarctl.virtualhome.http_emulator import Response
from tests.drivers.tls import Certificates, https
from tests.forecast.observatory import NOON

NOWHERE = [
    pytest.param("http://127.0.0.1:1", id="refused"),
    pytest.param("http://nowhere.invalid", id="no such name, plain"),
    pytest.param("https://nowhere.invalid", id="no such name, TLS"),
]


class TestOpenMeteo:
    """The formula of the contract."""

    def test_the_formula(self, opened):
        """P = peak · GTI/1000 · (1 − 0.004 · (T + 0.034 · GTI − 25)) · 0.9, of the slot that ends at the stamp."""
        sun = opened("open-meteo-solar")
        sun.service.sun.told_w_m2 = lambda start: 800.0 if start == NOON.replace(minute=15) else 100.0
        sun.service.sun.told_air_c = 20.0
        found = sun.read(1).solar_w
        expected = 4.0 * 800 * (1 - 0.004 * (20 + 0.034 * 800 - 25)) * 0.9
        assert found[1] == pytest.approx(expected, rel=1e-6)
        assert found[0] == found[2] == pytest.approx(4.0 * 100 * (1 - 0.004 * (20 + 3.4 - 25)) * 0.9)

    def test_planes_are_summed(self, opened):
        """Several planes: a request each, with azimuths counted from south."""
        sun = opened("open-meteo-solar")
        east, west = Plane(2.0, 35, 90), Plane(1.0, 20, 270)
        both = sun.read(planes=(east, west)).solar_w
        assert [one.query["azimuth"] for one in sun.service.journal] == ["-90", "90"]
        one, other = sun.read(planes=(east,)).solar_w, sun.read(planes=(west,)).solar_w
        assert both == pytest.approx([a + b for a, b in zip(one, other)])

    def test_negative_sunshine_is_none(self, opened):
        """Nights of -84 W/m² are dark."""
        sun = opened("open-meteo-solar")
        sun.service.faults.set("negative")
        assert min(sun.read().solar_w) == 0

    def test_null_is_not_known(self, opened):
        """Hours that are null are filled by a clear sky, and they are counted."""
        sun = opened("open-meteo-solar")
        sun.service.faults.set("null-values")
        found = sun.read(96)
        assert 0 < found.guessed < len(found.solar_w)
        assert max(found.solar_w[-80:]) > 0

    def test_cautious_and_bold(self, opened):
        """The ensemble tells what nine of ten, and one of ten, forecasts exceed."""
        found = opened("open-meteo-solar").read(uncertainty=True)
        noon = 8
        assert found.low_w[noon] < found.high_w[noon]

    def test_without_the_ensemble_there_is_a_forecast(self, opened):
        """How sure it is may be unknown; the forecast itself does not wait for that."""
        sun = opened("open-meteo-solar")
        answer = sun.service.answer
        sun.service.answer = lambda one: Response(503) if one.path == "/v1/ensemble" else answer(one)
        found = sun.read(uncertainty=True)
        assert (found.low_w, found.high_w, found.note, found.source) == (None, None, "", "Open-Meteo")
        assert max(found.solar_w) > 0

    def test_the_inverters_limit(self, opened):
        """More than the inverter can give is not foretold."""
        assert max(opened("open-meteo-solar").read(inverter_kw=1.5).solar_w) == 1500

    def test_a_request_that_it_does_not_understand(self, opened):
        """The reason that it gives is told."""
        sun = opened("open-meteo-solar")
        sun.service.faults.set("bad-request")
        with pytest.raises(DeviceReplyError, match="Cannot initialize"):
            sun.read()

    def test_no_position(self, opened):
        """Without a position: which keys to add."""
        sun = opened("open-meteo-solar")
        sun.site["latitude"] = None
        with pytest.raises(ConfigError, match=r"site\.latitude"):
            sun.read()


class TestForecastSolar:
    """Straight lines between odd minutes, and an hour's quota."""

    def test_means_between_stamps(self):
        """A ramp from 0 at 4:53 to 600 W at 5:23, then dark."""
        watts = {"2026-06-01T04:53:00+00:00": 0, "2026-06-01T05:23:00+00:00": 600}
        steps = steps_of(watts, "sun")
        at = datetime(2026, 6, 1, 5, 0, tzinfo=UTC).timestamp()
        assert steps.mean(at, at + 900) == pytest.approx(290)
        total_wh = sum(steps.values) / 4
        assert total_wh == pytest.approx(600 / 2 * 0.5)

    def test_a_block_is_remembered(self, opened):
        """After 429 nobody asks before the moment that was named, not even another run."""
        sun = opened("forecast-solar")
        sun.service.faults.set("rate-limit", times=1)
        assert "used up" in sun.read().note
        asked = len(sun.service.journal)
        sun.clock.advance(1800)
        assert "before" in sun.read().note
        assert len(sun.service.journal) == asked
        sun.clock.advance(900)
        assert sun.read().note == ""


class TestSolcast:
    """Ten requests a day, and how sure it is."""

    def test_spread(self, opened):
        """P10 and P90 surround the expected power."""
        found = opened("solcast").read()
        assert found.low_w[8] < found.solar_w[8] < found.high_w[8]

    def test_the_days_requests(self, opened):
        """The count is kept; the eleventh request is not made."""
        sun = opened("solcast")
        for _ in range(14):
            sun.read(refresh_min=0.001)
            sun.clock.advance(360)
        assert len(sun.service.journal) == 10
        assert "used up" in sun.read(refresh_min=0.001).note or "before" in sun.read(refresh_min=0.001).note

    @pytest.mark.parametrize("fault", ["used-up", "rate-limit"])
    def test_used_up_is_remembered(self, opened, fault):
        """Until the next day begins for Solcast (in UTC) nobody asks again, and the moment is said."""
        sun = opened("solcast")
        sun.service.faults.set(fault)
        assert "from 02:00 on" in sun.read().note  # in the house's zone
        asked = len(sun.service.journal)
        sun.service.faults.clear(fault)
        sun.clock.advance(13 * 3600)
        assert "before 02:00" in sun.read().note
        assert len(sun.service.journal) == asked == 1
        sun.clock.advance(3600)
        assert sun.read().source == "Solcast"

    @pytest.mark.parametrize("nowhere", NOWHERE)
    def test_requests_that_never_left_do_not_count(self, opened, nowhere):
        """Without a way to the service none of the day's requests is used up."""
        sun = opened("solcast")
        for _ in range(12):
            assert sun.read(refresh_min=0.001, base_url=nowhere).source == "clear sky"
            sun.clock.advance(600)
        assert sun.context.store.get("devices", "sun")["requests"] == 0
        assert sun.read(refresh_min=0.001).source == "Solcast"
        assert sun.context.store.get("devices", "sun")["requests"] == 1

    def test_impostors_and_proxies_do_not_count(self, opened, tmp_path, monkeypatch):
        """A certificate that is not the service's, and a proxy that is not there: the service has seen nothing."""
        sun = opened("solcast")
        with https(Certificates(tmp_path).self_signed("alone", "IP:127.0.0.1")) as port:
            found = sun.read(refresh_min=0.001, base_url=f"https://127.0.0.1:{port}")
        assert "cannot prove who it is" in found.note
        assert sun.context.store.get("devices", "sun")["requests"] == 0
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "")
        assert "the proxy" in sun.read(refresh_min=0.001, base_url="https://solcast.invalid").note
        assert sun.context.store.get("devices", "sun")["requests"] == 0

    def test_a_connection_that_is_never_made_does_not_count(self, opened, monkeypatch):
        """A host that does not even take connections within the time has seen nothing."""
        monkeypatch.setattr(http_line, "CONNECT_TIMEOUT_S", 0.2)
        sun = opened("solcast")
        with contextlib.ExitStack() as taken:
            full = taken.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(4):  # its queue is full: further connections wait for ever
                waiting = taken.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            found = sun.read(refresh_min=0.001, base_url=f"http://127.0.0.1:{full.getsockname()[1]}")
        assert "did not answer" in found.note
        assert sun.context.store.get("devices", "sun")["requests"] == 0

    @pytest.mark.parametrize("fault", ["overloaded", "html-200"])
    def test_requests_that_failed_do_count(self, opened, fault):
        """The service has seen them."""
        sun = opened("solcast")
        sun.service.faults.set(fault)
        with suppress(DeviceReplyError):
            sun.read(refresh_min=0.001)
        assert sun.context.store.get("devices", "sun")["requests"] == len(sun.service.journal) > 0

    def test_a_wrong_site(self, opened):
        """A site's id that there is not: correct the config (78)."""
        with pytest.raises(DeviceSetupError, match="no rooftop site nowhere"):
            opened("solcast").read(sites=("nowhere",))

    def test_a_wrong_key(self, opened):
        """A wrong key is a log-in matter."""
        sun = opened("solcast")
        sun.service.faults.set("wrong-key")
        with pytest.raises(DeviceLoginError):
            sun.read()


def test_clear_sky():
    """Dark at night, some 80 % of the peak on a June noon, little in December."""
    planes = (Plane(1.0),)

    def at(month: int, hour: int) -> float:
        start = datetime(2026, month, 21, hour, tzinfo=UTC).timestamp()
        return clear_sky_w(planes, 52.1, 5.1, start, start + 900)

    assert at(6, 0) == 0
    assert 650 < at(6, 12) < 950
    assert 200 < at(12, 12) < 600
