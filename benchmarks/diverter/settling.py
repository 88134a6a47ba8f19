"""How long a law takes after a step of the sun: until the grid stays within −90 … +20 W for 20 s (1 s means)."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.diverter.plant import START_S, STEP_S, Dimmer, Law, Meter, Relay, tell

STEPS_W = ((600.0, 1500.0), (1500.0, 600.0), (900.0, 2100.0), (2100.0, 900.0), (1200.0, 1500.0), (1500.0, 1200.0))
PHASES = 24
BEFORE_S, AFTER_S, HELD_S = 60, 90, 20
LOW_W, HIGH_W = -90.0, 20.0
BASE_W = 250.0


def settling_s(make: Callable[[], Law], *, with_relay: bool = False) -> list[float]:
    """Return the settling times of all steps over 24 phases of the meters, in s; AFTER_S when it never settles."""
    return sorted(
        _one(make(), before, after, phase / PHASES * 2.5, with_relay)
        for before, after in STEPS_W
        for phase in range(PHASES)
    )


def _one(law: Law, before_w: float, after_w: float, phase_s: float, with_relay: bool) -> float:
    import random

    dimmer, relay = Dimmer(), Relay()
    law.start(dimmer, relay if with_relay else None)
    house_meter = Meter(START_S + phase_s, random.Random(1), jitter_s=0.0)
    solar_meter = Meter(START_S + (phase_s * 7) % 2.5, random.Random(2), jitter_s=0.0)
    grid: list[float] = []
    for step in range(int((BEFORE_S + AFTER_S) / STEP_S)):
        t = START_S + step * STEP_S
        pv = BASE_W + (before_w if t - START_S < BEFORE_S else after_w)
        house = BASE_W + dimmer.power_w(t, 1.0) + relay.power_w(t, 1.0)
        grid.append(house - pv)
        tell(law, step, house_meter, house, solar_meter, pv)
    means = [sum(grid[i - 3 : i + 1]) / 4 for i in range(int(BEFORE_S / STEP_S), len(grid))]
    held, needed = 0, int(HELD_S / STEP_S)
    for index, watts in enumerate(means):
        held = held + 1 if LOW_W <= watts <= HIGH_W else 0
        if held >= needed:
            return (index - held + 1) * STEP_S
    return float(AFTER_S)


def summary(times: list[float]) -> str:
    """Return median, 90th percentile and worst."""
    return f"median {median(times):.1f} s, 90 % within {times[int(len(times) * 0.9)]:.1f} s, at most {times[-1]:.1f} s"
