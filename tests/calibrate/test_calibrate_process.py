"""`solarctl calibrate` against the virtual home's dimmer and meter."""

from __future__ import annotations

import json
import signal

import pytest

from solarctl.control.calibration import QUICK
from solarctl.curve import phase_share, read_points
from tests.mqtt.steady_house import Process, until

FAST = ("--settle", "0.1", "--warm-up", "0")


@pytest.fixture
def bench(house):
    """A house whose meters are quick, and a variator with a curve's file."""
    house.steady._calls[0][1] = 0.06
    text = (house.folder / "config.toml").read_text()
    text = text.replace("max_w = 2298.5", 'curve = "heater.csv"')
    (house.folder / "config.toml").write_text(text)
    house.calibrate = lambda *words: Process(house.folder, "water-heater", *words, command="calibrate")
    house.file = house.folder / "heater.csv"
    return house


def begun(house, keep):
    """Leave the points of an interrupted calibration."""
    lines = [f"{p};{2298.5 * phase_share(p):.1f}" for p in QUICK if p not in keep]
    (house.folder / "heater.csv.partial").write_text("\n".join(lines) + "\n")


def test_interrupted_and_resumed(bench):
    """Ctrl-C leaves the dimmer at 0 and what was measured; the next run goes on and writes the curve."""
    begun(bench, {40, 60, 80, 20})
    with bench.calibrate(*FAST) as run:
        until(lambda: len(read_points((bench.folder / "heater.csv.partial").read_text())) > 25, what="a step is kept")
        run.process.send_signal(signal.SIGINT)
        code, out, _err = run.end()
    assert code == 130
    assert "Going on with the 25 steps" in out
    until(lambda: bench.heater.percent == 0, what="left at 0")
    assert not bench.file.exists()
    with bench.calibrate(*FAST, "--json", "--svg", str(bench.folder / "curve.svg")) as run:
        code, out, err = run.end()
    assert code == 0, err
    told = json.loads(out)
    assert told["curve"]["max_w"] == pytest.approx(2298.5, abs=3)
    assert told["curve"]["rms_w"] < 12
    points = dict(read_points(bench.file.read_text()))
    assert sorted(points) == sorted(float(p) for p in QUICK)
    assert points[60.0] == pytest.approx(2298.5 * phase_share(60), abs=2)
    assert not (bench.folder / "heater.csv.partial").exists()
    assert "<svg" in (bench.folder / "curve.svg").read_text()
    assert bench.heater.percent == 0


def test_a_silent_meter_and_a_full_tank(bench):
    """A tank that wants nothing is said, with the next step; nothing measured so far is lost."""
    begun(bench, {60, 80})
    bench.emulator.tank.temperature_c = 80.0
    with bench.calibrate(*FAST) as run:
        code, _out, err = run.end()
    assert code == 69
    assert "thermostat is open" in err
    assert "go on" in err
    assert len(read_points((bench.folder / "heater.csv.partial").read_text())) == len(QUICK) - 2


def test_a_file_of_the_seeds_is_taken_over(bench):
    """--from reads the balancer's own file with decimal commas, judges it and takes it over."""
    source = bench.folder / "power_calibration_ecs.csv"
    rows = [f"{n / 2:.1f};{2294.6 * phase_share(n // 2):.1f}".replace(".", ",") for n in range(200, -1, -1)]
    source.write_text("\n".join(rows))
    with bench.calibrate("--from", str(source)) as run:
        code, out, err = run.end()
    assert code == 0, err
    assert "201 points" in out
    assert "o" in out.splitlines()[0]
    assert len(read_points(bench.file.read_text())) == 201


def test_not_while_balance_runs(bench):
    """The running balance holds the loads: 75."""
    begun(bench, set(QUICK[3:]))
    bench.file.write_text("100;2298\n50;1149\n0;0\n")
    with bench.balance() as balance:
        until(lambda: bench.heater.percent > 0, what="balance works")
        with bench.calibrate(*FAST) as run:
            assert run.end()[0] == 75
        balance.stop()
