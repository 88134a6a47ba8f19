"""What every solar forecast service owes a plan."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from solarctl.capabilities import SolarForecast
from solarctl.control.peak_outlook import foreseen
from solarctl.control.tariff import Span, Window
from solarctl.errors import DeviceReplyError
from solarctl.value import replace
from tests.forecast.observatory import NOON
from tests.peak_mode.forecast_parts import AHEAD, days, experience

NAMES = ("open-meteo-solar", "forecast-solar", "solcast", "quartz")


@pytest.mark.parametrize("name", NAMES)
class TestEveryService:
    """What all of them owe the planner."""

    def test_slots(self, opened, name):
        """The first slot contains now; values are never negative; the day's sum is about right."""
        sun = opened(name)
        assert isinstance(sun.open(), SolarForecast)
        reading = sun.read()
        assert reading.start == datetime(2026, 6, 21, 10, 0, tzinfo=UTC)
        assert reading.slot_min == 15
        assert len(reading.solar_w) == 97
        assert min(reading.solar_w) == 0
        assert 4 < sum(reading.solar_w) / 4000 < 30
        assert reading.note == ""
        assert reading.at == NOON

    def test_hours_are_means_of_quarters(self, opened, name):
        """An hour's value is the mean of its four quarters."""
        sun = opened(name)
        quarters, hours = sun.read(3), sun.read(3, slot_min=60)
        assert hours.solar_w[0] == pytest.approx(sum(quarters.solar_w[:4]) / 4)

    def test_it_is_asked_within_its_quota(self, opened, name):
        """A young answer is used again, by other commands too."""
        sun = opened(name)
        sun.read()
        sun.clock.advance(600)
        sun.read()
        assert len(sun.service.journal) == 1
        sun.clock.advance(4 * 3600)
        sun.read()
        assert len(sun.service.journal) == 2

    def test_silence_uses_the_kept_answer(self, opened, name):
        """What was told before is used, with its age."""
        sun = opened(name)
        fresh = sun.read()
        sun.clock.advance(5 * 3600)
        sun.service.faults.set("overloaded")
        kept = sun.read(6)
        assert kept.at == NOON
        assert "out of order" in kept.note
        assert kept.solar_w[:20] == pytest.approx(fresh.solar_w[20:40])

    def test_what_peak_mode_asks(self, opened, name):
        """Hours from now until a peak's end can be gone by: fresh or some hours old, not half a day old."""
        sun = opened(name)
        begins = NOON.replace(minute=30) + timedelta(hours=17)
        peak = Span(Window(from_=time(3, 30), to=time(9, 30)), begins, begins + timedelta(hours=6))
        rule, known = replace(AHEAD, weather=""), experience(days(None, None, None), None)

        def level_pct(hours):
            told = sun.read((peak.end - sun.clock.now()) / timedelta(hours=1), slot_min=60)
            return foreseen(told, known, rule, peak, NOON + timedelta(hours=hours)).level_pct

        assert level_pct(0) is not None
        sun.service.faults.set("overloaded")
        for hours, is_known in ((5, True), (13, False)):
            sun.clock.advance((NOON + timedelta(hours=hours) - sun.clock.now()).total_seconds())
            assert (level_pct(hours) is not None) is is_known

    def test_no_answer_at_all(self, opened, name):
        """A clear sky times the last known clearness, and a note that says so."""
        sun = opened(name)
        told = sum(sun.read().solar_w)
        for path in sun.folder.iterdir():
            path.unlink()
        sun.clock.advance(24 * 3600)
        sun.service.faults.set("overloaded")
        guessed = sun.read()
        assert guessed.source == "clear sky"
        assert "clear sky times the last known clearness" in guessed.note
        assert sum(guessed.solar_w) == pytest.approx(told, rel=0.15)

    def test_it_is_not_hammered(self, opened, name):
        """Right after a failure the kept answer is used without asking."""
        sun = opened(name)
        sun.read()
        sun.clock.advance(5 * 3600)
        sun.service.faults.set("overloaded")
        sun.read()
        asked = len(sun.service.journal)
        sun.clock.advance(60)
        sun.read()
        assert len(sun.service.journal) == asked

    @pytest.mark.parametrize(("fault", "word"), [("torn", "broke off"), ("overloaded", "out of order")])
    def test_trouble_on_the_way(self, opened, name, fault, word):
        """An answer that breaks off, or none, is silence; the first good one ends it."""
        sun = opened(name)
        sun.service.faults.set(fault)
        assert word in sun.read().note
        sun.service.faults.clear(fault)
        sun.clock.advance(360)
        assert sun.read().note == ""

    def test_too_many_requests(self, opened, name):
        """A limit is not run against: nobody asks before it ends, and then one request is enough."""
        sun = opened(name)
        sun.service.faults.set("rate-limit")
        found = sun.read()
        assert found.source == "clear sky"
        asked = len(sun.service.journal)
        sun.clock.advance(5)
        assert "not be asked before" in sun.read().note
        assert len(sun.service.journal) == asked == 1

    def test_a_slow_answer(self, opened, name):
        """What comes late, but within its time, is as good as any."""
        sun = opened(name)
        sun.service.faults.set("slow", 0.1)
        assert sun.read().note == ""

    @pytest.mark.parametrize("fault", ["html-200", "empty"])
    def test_nonsense(self, opened, name, fault):
        """A page or an empty answer is nonsense, not a dark day."""
        sun = opened(name)
        sun.service.faults.set(fault)
        with pytest.raises(DeviceReplyError):
            sun.read()

    def test_other_panels_are_asked_anew(self, opened, name):
        """A changed roof does not get the old roof's answer."""
        sun = opened(name)
        sun.read()
        sun.read(tilt_deg=20.0)
        assert len(sun.service.journal) == 2

    def test_the_correction_multiplies(self, opened, name):
        """What was learned multiplies every value, within limits."""
        sun = opened(name)
        plain = sun.read().solar_w
        sun.context.store.put("devices", "sun", sun.context.store.get("devices", "sun") | {"correction": 0.8})
        assert sun.read().solar_w == pytest.approx([0.8 * w for w in plain])
        assert sun.read(correct=False).solar_w == pytest.approx(plain)
