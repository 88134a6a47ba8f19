"""`balance` with a driven clock, as the demo plays it: hours in seconds, the real command, drivers and broker."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from solarctl.cli import execute
from solarctl.runner import Environment
from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators import mqtt_home
from solarctl.virtualhome.emulators.mqtt_home import MqttHome
from solarctl.virtualhome.mqtt_broker import EmbeddedBroker
from tests.mqtt.conftest import BALANCE
from tests.mqtt.steady_house import SteadyHouse

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def written(home, folder, **parts):
    """Write a config that points at the home."""
    text = '[site]\ntimezone = "Europe/Paris"\n' + home.config()
    text += BALANCE.format(**({"extra": "", "heater": "", "radiator": ""} | parts))
    path = folder / "config.toml"
    path.write_text(text.replace("stale_after_s = 3", "stale_after_s = 90\ntick_s = 10"))
    path.chmod(0o600)
    return path


def balance(clock, path, folder, *words):
    """Run `balance` in this process and return exit code and rows."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["balance", "--json", "-c", str(path), "--state-dir", str(folder / "state"), *words]
    code = execute(argv, Environment(clock, out, err))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_state_is_never_older_than_a_minute(tmp_path):
    """Whenever the process would be killed, what is on disk is at most a minute old."""
    clock = DrivenClock(NOON)
    house = SteadyHouse()
    home = MqttHome(house, clock, period_s=10.0).start()
    home.tank.temperature_c = 20.0
    path = written(home, tmp_path)
    lags, over = [], threading.Event()
    state = tmp_path / "state" / "state.json"

    def watch() -> None:
        while not over.wait(0.002):
            if state.exists():
                before = clock.now().timestamp()
                memory = json.loads(state.read_text())["memory"].get("balance")
                if memory:
                    lags.append(before - memory["counted_at"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        code, rows = balance(clock, path, tmp_path, "--for", "15m")
    finally:
        over.set()
        watcher.join()
        home.stop()
    assert code == 0
    assert len(rows) >= 80
    assert lags
    assert max(lags) <= 60
    assert sum(load["energy_wh"] for load in rows[-1]["loads"]) == pytest.approx(1466 * 0.25, rel=0.15)


def test_history_has_a_row_a_minute(tmp_path):
    """Ten minutes are about ten rows, not sixty."""
    clock = DrivenClock(NOON)
    home = MqttHome(SteadyHouse(), clock, period_s=10.0).start()
    try:
        balance(clock, written(home, tmp_path), tmp_path, "--for", "10m")
    finally:
        home.stop()
    rows = [line for path in (tmp_path / "state" / "history").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert 9 <= len([row for row in rows if '"balance"' in row]) <= 12


def test_the_embedded_broker_will_do(tmp_path, monkeypatch):
    """Where no mosquitto is installed the broker from the library serves the home."""
    monkeypatch.setattr(mqtt_home, "broker", EmbeddedBroker)
    clock = DrivenClock(NOON)
    home = MqttHome(SteadyHouse(), clock, period_s=10.0).start()
    home.tank.temperature_c = 20.0
    try:
        assert isinstance(home.broker, EmbeddedBroker)
        code, rows = balance(clock, written(home, tmp_path), tmp_path, "--for", "3m")
    finally:
        home.stop()
    assert code == 0
    assert max(row["loads"][0]["power_w"] for row in rows) > 1300


def test_a_day_ends_and_begins(tmp_path):
    """Over six in the morning the energies start afresh, in the real loop."""
    clock = DrivenClock(NOON + timedelta(hours=17, minutes=58))  # 05:58 in Paris
    home = MqttHome(SteadyHouse(), clock, period_s=10.0).start()
    home.tank.temperature_c = 20.0
    try:
        _code, rows = balance(clock, written(home, tmp_path), tmp_path, "--for", "4m")
    finally:
        home.stop()
    before = max(row["loads"][0]["energy_wh"] for row in rows if row["at"][11:16] == "05:59")
    after = min(row["loads"][0]["energy_wh"] for row in rows if row["at"][11:16] == "06:00")
    assert after < before
