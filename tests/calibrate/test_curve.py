"""Curves: the seed's own figures, misfires, few points, files of any spelling, and inverses that hold."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.balancing.curve_plot import svg, terminal_chart
from solarctl.control.calibration import fit_of, is_full, point_of, steps_to_measure
from solarctl.curve import (
    curve_of,
    fitted_max_w,
    linear_curve,
    phase_curve,
    phase_share,
    read_points,
    resolution_percent,
)

SEED = [
    (0, 1),
    (5, 2),
    (10, 14.3),
    (20, 116),
    (30, 350.7),
    (40, 716.7),
    (50, 1150),
    (70, 1964),
    (80, 2174.7),
    (90, 2281.5),
]
SEED += [(100, 2298.5)]


def measured(*, misfires=()):
    """Return 201 half percents as the seed's tool wrote them: the firmware cuts the half off."""
    dice = random.Random(7)
    points = [(n / 2, 2294.6 * phase_share(n // 2) + dice.gauss(0, 1.5)) for n in range(201)]
    return [(p, misfires[p] if p in misfires else max(0.0, w)) for p, w in points] if misfires else points


def test_the_law_fits_the_seeds_figures():
    """One parameter tells the seed's measured heater within 20 W."""
    assert fitted_max_w(SEED) == pytest.approx(2294.6, abs=6)
    assert max(abs(w - 2294.6 * phase_share(p)) for p, w in SEED) < 25
    assert phase_share(25) == pytest.approx(0.0908, abs=1e-4)


def test_the_curve_goes_through_its_points():
    """With eleven points the curve is the points', rising, and 0 at 0."""
    fit = fit_of(SEED)
    assert fit.rms_w < 5
    assert fit.curve.watts(0) == 0
    assert fit.curve.max_w == pytest.approx(2298.5, abs=1)
    assert fit.curve.watts(50) == pytest.approx(1150, abs=1)
    assert not fit.by_law


def test_few_points_take_the_law():
    """Three points give the ideal law, which is right in between too."""
    fit = fit_of([(100, 2298.5), (50, 1150), (30, 350.7)])
    assert fit.by_law
    assert fit.curve.watts(70) == pytest.approx(1964, rel=0.02)


def test_misfires_are_left_out():
    """Full power at 37 %, a lost reading at 71 % and sparks below 3 % do not bend the curve."""
    clean = fit_of(measured())
    fit = fit_of(measured(misfires={37.0: 2360.0, 37.5: 2352.0, 71.0: 1700.0, 2.0: 154.0}))
    assert set(fit.left_out) == {2.0, 37.0, 37.5, 71.0}
    assert clean.rms_w < 15
    assert all(abs(fit.curve.watts(p) - clean.curve.watts(p)) < 30 for p in range(101))


def test_half_percents_are_no_steps():
    """The firmware's whole percents are seen in the data."""
    assert resolution_percent(measured()) == 1.0
    assert resolution_percent([(n / 2, 2294.6 * phase_share(n / 2)) for n in range(201)]) == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "100;2298.5\n50;1150\n0;0\n",
        "100,0;2298,5\n50,0;1150,0\n0,0;0,0\n",
        "percent;watts\r\n100;2298.5\r\n50;1150\r\n\r\n0;0\r\n",
        "\ufeff# measured\n100\t2298.5\n50\t1150\n0\t0",
        '"100";"2298,5"\n50;1150\n0;0',
    ],
)
def test_files_of_any_spelling(text):
    """Decimal dots and commas, headings, comments, tabs and Windows line ends are understood."""
    assert read_points(text) == [(100, 2298.5), (50, 1150), (0, 0)]


@pytest.mark.parametrize("text", ["100;2298.5\nfifty;1150", "100;2298\n50;nan", "100;2298\n50;"])
def test_files_that_are_none(text):
    """A line that is no pair of numbers is named."""
    with pytest.raises(ValueError, match="line 2"):
        read_points(text)


def test_no_power_is_no_curve():
    """All zeros, or nothing, is refused."""
    for points in ([], [(0, 0), (100, 0)]):
        with pytest.raises(ValueError):
            curve_of(points)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 4000)), min_size=1, max_size=40),
    wanted=st.floats(0, 5000),
)
def test_any_points_give_a_curve_that_can_be_turned_round(points, wanted):
    """Whatever was measured: the curve rises from 0, and the percent for a power draws at most that."""
    try:
        curve = curve_of(points)
    except ValueError:  # what cannot be a load's curve is refused
        return
    steps = [w for _, w in curve.steps()]
    assert steps[0] == 0
    assert all(a <= b + 1e-6 for a, b in itertools.pairwise(steps))
    percent = curve.percent(wanted)
    assert 0 <= percent <= 100
    assert curve.watts(percent) <= max(wanted, 0) + 0.51


def test_laws():
    """Phase angle and proportional devices without a file."""
    assert phase_curve(2400).watts(50) == pytest.approx(1200)
    assert linear_curve(2000).watts(25) == 500
    assert linear_curve(2000).percent(510) == 25


def test_settled_readings():
    """Five steady readings make a point; unsteady ones are waited for, and not for ever."""
    assert point_of(50, [1150, 1151, 1149, 1150]) is None
    assert point_of(50, [700, 1150, 1151, 1149, 1150, 1152]).watts == 1150
    restless = [1000, 1200] * 6
    assert point_of(50, restless) is None
    assert point_of(50, restless * 2).readings == 24
    assert is_full(point_of(60, [0.0] * 5), 2300)
    assert not is_full(point_of(10, [0.0] * 5), 2300)


def test_how_steady_is_steady():
    """Sixteen watts, or four percent, from the lowest of the last five to the highest; one more is not."""
    assert point_of(50, [92, 100, 100, 100, 108]) is not None
    assert point_of(50, [92, 100, 100, 100, 109]) is None
    assert point_of(50, [980, 1000, 1000, 1000, 1020]) is not None
    assert point_of(50, [980, 1000, 1000, 1000, 1021]) is None
    assert point_of(50, [92, 98, 100, 103, 108]).spread_w == 3  # half of the readings are nearer


def test_a_load_that_draws_nothing_is_full():
    """Less than two percent of what it should draw, where that is worth measuring."""
    should_w = 2300 * phase_share(60)
    assert is_full(point_of(60, [0.019 * should_w] * 5), 2300)
    assert not is_full(point_of(60, [0.021 * should_w] * 5), 2300)
    assert not is_full(point_of(60, [0.0] * 5), 150 / phase_share(60))


def test_steps():
    """From full power down; what was measured before is left out."""
    assert steps_to_measure(fine=False)[0] == 100
    assert len(steps_to_measure(fine=True)) == 101
    assert steps_to_measure(fine=False, done=[100.0, 98.0])[0] == 95


def test_pictures():
    """Chart and SVG show curve, points and name."""
    curve = curve_of(SEED)
    chart = terminal_chart(curve, SEED)
    assert chart.count("o") >= 9
    assert "2298 W" in chart
    picture = svg("<heater>", curve, SEED, "error 3 W")
    assert picture.count("<circle") == len(SEED)
    assert "&lt;heater&gt;" in picture
