"""The benchmark's house: sun, consumers, a dimmed heater, a relay, two slow meters; a quarter of a second per step.

    PV        6 kWp, one value a second; clear, broken, fast clouds, overcast
    house     190 W, a fridge with inrush, kettles, oven, a cycling hob, a washing machine
    dimmer    2.4 kW, phase-angle law, whole percents (the firmware cuts the rest off), 0.3 s late, mains voltage drifts
    relay     1.0 kW, 0.4 s late
    meters    house and PV apart: a mean of 1 s every 2.5 s or so, 0.2 s on the way, not synchronised

The figures are those of the seed's fact sheet, section 6.1; the dice are ours.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

START_S = 5 * 3600
END_S = 21 * 3600 + 1800
STEP_S = 0.25
DIMMER_W = 2400.0
RELAY_W = 1000.0
DAYS = ("clear", "broken", "fast", "overcast")
SUNRISE_H, SUNSET_H = 5.2, 21.3


def phase_law(percent: float) -> float:
    """Return the share of full power that a phase-angle dimmer passes at `percent`."""
    alpha = math.pi * (1 - percent / 100)
    return 1 - alpha / math.pi + math.sin(2 * alpha) / (2 * math.pi)


def clear_sky_w(t: float) -> float:
    """Return what 6 kWp give at second `t` of a cloudless summer day."""
    hour = t / 3600
    if not SUNRISE_H < hour < SUNSET_H:
        return 0.0
    return 5250.0 * math.sin(math.pi * (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)) ** 1.35


def clearness(kind: str, dice: random.Random) -> list[float]:
    """Return the share of the clear sky per second of the window: cloud fields with 12 s edges and bright rims."""
    length = END_S - START_S
    if kind == "clear":
        return [1.0] * (length + 1)
    if kind == "overcast":
        values, k = [], 0.2
        for second in range(length + 1):
            if second % 90 == 0:
                k = dice.uniform(0.12, 0.30)
            last = values[-1] if values else k
            values.append(last + (k - last) / 45)
        return values
    sun_s, cloud_s = (240.0, 130.0) if kind == "broken" else (60.0, 35.0)
    target: list[float] = []
    sunny = True
    while len(target) <= length:
        stay = max(8, round(dice.expovariate(1 / (sun_s if sunny else cloud_s))))
        level = 1.0 if sunny else dice.uniform(0.25, 0.65)
        rim = dice.uniform(0.01, 0.06) if sunny else 0.0
        for second in range(stay):
            near_edge = second < 20 or second > stay - 20
            target.append(level + (rim if near_edge else 0.0))
        sunny = not sunny
    return [sum(target[max(0, i - 11) : i + 1]) / (i + 1 - max(0, i - 11)) for i in range(length + 1)]


def consumers(dice: random.Random) -> list[float]:
    """Return the house's own consumption per quarter second of the window."""
    steps = int((END_S - START_S) / STEP_S) + 8
    power = [190.0] * steps

    def add(start_s: float, duration_s: float, watts: float) -> None:
        first = max(0, int((start_s - START_S) / STEP_S))
        for i in range(first, min(steps, int((start_s + duration_s - START_S) / STEP_S))):
            power[i] += watts

    def cycle(start_s: float, end_s: float, on_s: float, off_s: float, watts: float) -> None:
        t = start_s
        while t < end_s:
            on = on_s * dice.uniform(0.9, 1.1)
            add(t, on, watts)
            t += on + off_s * dice.uniform(0.9, 1.1)

    t = START_S + dice.uniform(0, 900)
    while t < END_S:  # fridge
        add(t, 900, 95.0)
        add(t, 0.6, 605.0)
        t += 900 + dice.uniform(1300, 2000)
    for hour in (7.0, 9.5, 11.2, 13.4, 15.8, 17.6):  # kettles
        add(hour * 3600 + dice.uniform(-600, 600), dice.uniform(110, 190), 2000.0)
    oven = 11.6 * 3600 + dice.uniform(-900, 900)
    add(oven, 560, 2300.0)
    cycle(oven + 590, oven + 3000, 27, 48, 2300.0)
    for hour in (12.1, 18.4):  # hob
        start = hour * 3600 + dice.uniform(-600, 600)
        cycle(start, start + 22 * 60, 4, 5, 1500.0)
    washer = 9.8 * 3600 + dice.uniform(-900, 900)
    add(washer + 120, 620, 2050.0)
    add(washer + 1400, 240, 2050.0)
    cycle(washer + 900, washer + 4200, 14, 6, 260.0)
    return power


@dataclass
class Meter:
    """A mean of one second, sent every 2.5 s or so, on the way for 0.2 s."""

    next_s: float
    dice: random.Random
    period_s: float = 2.5
    jitter_s: float = 0.06
    transport_s: float = 0.2
    window: list[float] = field(default_factory=list)
    on_the_way: list[tuple[float, float]] = field(default_factory=list)

    def step(self, t: float, watts: float) -> float | None:
        """Take the power of this step; return a reading when one arrives."""
        window = self.window
        window.append(watts)
        if len(window) > 4:
            del window[0]
        if t >= self.next_s:
            self.on_the_way.append((t + self.transport_s, max(0.0, sum(window) / len(window))))
            self.next_s += self.period_s + self.dice.uniform(-self.jitter_s, self.jitter_s)
        if self.on_the_way and t >= self.on_the_way[0][0]:
            return float(round(self.on_the_way.pop(0)[1]))
        return None


@dataclass
class Dimmer:
    """A heater behind a phase-angle dimmer whose firmware knows whole percents only."""

    delay_s: float = 0.3
    percent: int = 0
    waiting: list[tuple[float, int]] = field(default_factory=list)
    commands: int = 0

    def command(self, t: float, percent: float) -> None:
        self.commands += 1
        self.waiting.append((t + self.delay_s, int(max(0.0, min(100.0, percent)))))

    def power_w(self, t: float, voltage: float) -> float:
        while self.waiting and t >= self.waiting[0][0]:
            self.percent = self.waiting.pop(0)[1]
        return SHARES[self.percent] * DIMMER_W * voltage * voltage


SHARES = [phase_law(percent) for percent in range(101)]


@dataclass
class Relay:
    """A load that is on or off; counts its switches and its shortest time on."""

    delay_s: float = 0.4
    on: bool = False
    waiting: list[tuple[float, bool]] = field(default_factory=list)
    switches: int = 0
    on_since: float = 0.0
    shortest_on_s: float = math.inf

    def command(self, t: float, on: bool) -> None:
        self.waiting.append((t + self.delay_s, on))

    def power_w(self, t: float, voltage: float) -> float:
        while self.waiting and t >= self.waiting[0][0]:
            moment, on = self.waiting.pop(0)
            if on != self.on:
                self.on = on
                self.switches += 1
                if on:
                    self.on_since = moment
                else:
                    self.shortest_on_s = min(self.shortest_on_s, moment - self.on_since)
        return RELAY_W * voltage * voltage if self.on else 0.0


@dataclass
class Day:
    """One day's weather and consumption, drawn once and the same for every law."""

    kind: str
    pv: Sequence[float]  # per second
    house: Sequence[float]  # per step
    drift: float

    @classmethod
    def of(cls, kind: str, seed: int = 20240607) -> Day:
        dice = random.Random(f"{kind}{seed}")
        k = clearness(kind, dice)
        pv = [clear_sky_w(START_S + i) * share for i, share in enumerate(k)]
        return cls(kind, pv, consumers(dice), dice.uniform(0, 6.28))


@dataclass
class Result:
    """What became of a day."""

    available_kwh: float = 0.0
    captured_kwh: float = 0.0
    loop_import_kwh: float = 0.0
    export_kwh: float = 0.0
    switches: int = 0
    shortest_on_s: float = math.inf
    commands: int = 0

    @property
    def share_pct(self) -> float:
        return 100 * self.captured_kwh / self.available_kwh if self.available_kwh else 0.0

    def __add__(self, other: Result) -> Result:
        return Result(
            self.available_kwh + other.available_kwh,
            self.captured_kwh + other.captured_kwh,
            self.loop_import_kwh + other.loop_import_kwh,
            self.export_kwh + other.export_kwh,
            self.switches + other.switches,
            min(self.shortest_on_s, other.shortest_on_s),
            self.commands + other.commands,
        )


class Law:
    """A controller under test: told of readings and seconds, answers with commands to the plant."""

    def start(self, dimmer: Dimmer, relay: Relay | None) -> None:
        self.dimmer, self.relay = dimmer, relay

    def house_reading(self, t: float, watts: float) -> None: ...

    def solar_reading(self, t: float, watts: float) -> None: ...

    def second(self, t: float) -> None: ...


def tell(law: Law, step: int, house_meter: Meter, house_w: float, solar_meter: Meter, solar_w: float) -> None:
    """Let a law hear what its meters tell in this step, and that a second has passed."""
    t = START_S + step * STEP_S
    reading = house_meter.step(t, house_w)
    if reading is not None:
        law.house_reading(t, reading)
    reading = solar_meter.step(t, solar_w)
    if reading is not None:
        law.solar_reading(t, reading)
    if not step & 3:
        law.second(t)


def play(day: Day, law: Law, *, with_relay: bool = True, seed: int = 1) -> Result:
    """Return what `law` makes of `day`."""
    dice = random.Random(seed)
    dimmer, relay = Dimmer(), Relay()
    law.start(dimmer, relay if with_relay else None)
    house_meter = Meter(START_S + dice.uniform(0, 2.5), random.Random(seed + 1))
    solar_meter = Meter(START_S + dice.uniform(0, 2.5), random.Random(seed + 2))
    most = DIMMER_W + (RELAY_W if with_relay else 0.0)
    result = Result()
    available = captured = bought = export = 0.0
    for step in range(int((END_S - START_S) / STEP_S)):
        t = START_S + step * STEP_S
        second = step >> 2
        part = (step & 3) / 4
        pv = day.pv[second] + (day.pv[second + 1] - day.pv[second]) * part
        voltage = 1 + 0.012 * math.sin(t / 2600 + day.drift) + pv * 1.2e-6
        loads = dimmer.power_w(t, voltage) + relay.power_w(t, voltage)
        house = day.house[step] + loads
        surplus = max(0.0, pv - day.house[step])
        available += min(surplus, most)
        captured += min(loads, surplus)
        bought += max(0.0, loads - surplus)
        export += max(0.0, surplus - loads)
        tell(law, step, house_meter, house, solar_meter, pv)
    scale = STEP_S / 3.6e6
    result.available_kwh, result.captured_kwh = available * scale, captured * scale
    result.loop_import_kwh, result.export_kwh = bought * scale, export * scale
    result.switches, result.shortest_on_s, result.commands = relay.switches, relay.shortest_on_s, dimmer.commands
    return result
