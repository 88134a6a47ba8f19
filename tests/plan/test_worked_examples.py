"""What is worked out by hand in the description of homewizard_project: its rule's plan, and ours.

`left`: W that the sun leaves, hour by hour (quarters where it says so). What the seed's rule makes of it is what the
original did; ours is what should have been.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import time, timedelta

import pytest

from solarctl.control.plan import Foreseen, Memory, decide
from solarctl.control.plan_settings import Load
from solarctl.control.plan_words import Booked, Plan
from tests.plan.houses import MORNING, settings

ONE = Load("load", 1000.0, 3.0)


@dataclass(frozen=True)
class Example:
    """A house, and which slots the first load (then the others) runs in: by the seed's rule, by ours."""

    name: str
    left: list[float]
    loads: tuple[Load, ...]
    ours: tuple[str, ...]
    seed: tuple[str, ...] | None = None
    soc: float | None = None
    rules: dict[str, object] = field(default_factory=dict)
    seen: dict[str, object] = field(default_factory=dict)


BATTERY = {"battery": True, "battery_max_w": 3000.0}
EVEN = [1200.0] * 8
EXAMPLES = [
    Example("double booking", [3000.0, 100.0, 0.0, -200.0], (ONE,), ("1110",), ("1100",)),
    Example("soak books nothing twice", [2500.0, 2500.0, 0.0], (replace(ONE, capacity_kwh=2.0),), ("110",), ("110",)),
    Example(
        "step 2 has no cap",
        [500.0] * 8,
        (replace(ONE, capacity_kwh=1.0),),
        ("00000001",),
        ("01111101",),
        2.0,
        BATTERY,
    ),
    Example(
        "the present slot, by a full battery",
        [1500.0] + [-300.0] * 7,
        (replace(ONE, power_w=2000.0, capacity_kwh=2.0),),
        ("10000000",),
        ("01000000",),
        2.7,
        BATTERY,
    ),
    Example(
        "charge is not re-created",
        [0.0, -500.0, 0.0, -500.0, 0.0, -500.0],
        (replace(ONE, daily_need=False),),
        ("000000",),
        ("000000",),
        0.5,
        BATTERY,
    ),
    Example(
        "a full battery is discharged",
        [-500.0] * 6,
        (replace(ONE, daily_need=False),),
        ("000000",),
        ("000000",),
        2.7,
        BATTERY,
    ),
    Example("as early as possible when there is enough", EVEN, (ONE,), ("11100000",), ("11111111",)),
    Example(
        "the need takes the stronger half, the small one the weaker",
        [400.0] * 4 + [1200.0] * 4,
        (replace(ONE, capacity_kwh=4.0), Load("small", 300.0, 1.2, daily_need=False)),
        ("00001111", "11110000"),
    ),
    Example(
        "two needs do not overlap when that can be avoided",
        EVEN[:6],
        (ONE, replace(ONE, device="other")),
        ("111000", "000111"),
    ),
    Example("a need is met as far as can be", [1200.0] * 2, (ONE,), ("11",), ("11",)),
    Example(
        "600 Wh at 1 kW: three quarters", EVEN, (replace(ONE, capacity_kwh=0.6),), ("11100000",), rules={"slot_min": 15}
    ),
    Example(
        "what lives on surplus waits for the battery's part",
        [1500.0] * 6,
        (Load("load", 1000.0, 2.0, daily_need=False, min_battery_pct=80.0),),
        ("001100",),
        soc=0.0,
        rules=BATTERY,
    ),
    Example(
        "prices count", [0.0] * 6, (replace(ONE, capacity_kwh=2.0),), ("000110",), seen={"buy": [3, 3, 3, 1, 1, 3]}
    ),
    Example(
        "what selling earns counts", EVEN[:4], (replace(ONE, capacity_kwh=1.0),), ("0010",), seen={"sell": [2, 2, 0, 2]}
    ),
    Example(
        "a fuse of 1.5 kW", [0.0] * 6, (ONE, replace(ONE, device="other")), ("111000", "000111"),
        rules={"grid_limit_w": 1500},
    ),
    Example(
        "a deadline before the day of needs begins", [0.0] * 24, (replace(ONE, deadline=time(5)),),
        ("0" * 20 + "111" + "0",), seen={"buy": [3.0] * 20 + [1.0] * 4},
    ),
    Example(
        "a switch-on costs something", [0.0] * 6, (ONE,), ("000111",),
        rules={"start_cost_kwh": 0.1}, seen={"buy": [2.9, 3.3, 3.3, 3.0, 3.0, 3.0]},
    ),
    Example("what runs is beside a run", EVEN, (ONE,), ("11100000",), seen={"booked": Booked(on={"load": True})}),
    Example("nothing to live on: it need not run", [500.0] * 4, (replace(ONE, daily_need=False),), ("0000",)),
    Example(
        "shortest run", [0.0] * 6, (replace(ONE, capacity_kwh=2.0, min_on_min=120),), ("001100",),
        seen={"buy": [1, 3, 1.5, 1.5, 3, 1]},
    ),
]  # fmt: skip


def made(example: Example, strategy: str) -> Plan:
    given = {"slot_min": 60} | example.rules
    rules = settings(*example.loads, horizon_h=len(example.left) * given["slot_min"] / 60, strategy=strategy, **given)
    count = len(example.left)
    sun, base = (tuple(max(0.0, sign * watts) for watts in example.left) for sign in (1, -1))
    buy, sell = (
        tuple(map(float, example.seen.get(key, [usual] * count))) for key, usual in (("buy", 3), ("sell", 0.5))
    )
    seen = Foreseen(sun, base, buy, sell, example.soc, example.seen.get("booked", Booked()))
    return decide(seen, rules, Memory(), MORNING)[1]


def rows(plan: Plan) -> tuple[str, ...]:
    return tuple("".join(map(str, row)) for row in plan.devices.values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_what_is_worked_out_by_hand(example):
    """Our plan has the slots that were worked out; the seed's rule those that the original had."""
    assert rows(made(example, "best")) == example.ours
    if example.seed is not None:
        assert rows(made(example, "seed")) == example.seed


@pytest.mark.parametrize(("soc", "given"), [(0.5, 500.0), (2.7, 1500.0)])
def test_a_battery_gives_what_it_holds(soc, given):
    """Through hours of exactly 0 W, half a kWh covers half a kWh; a full one gives what is missing, not more."""
    example = replace(EXAMPLES[4], soc=soc)
    assert sum(made(example, "best").battery_w) == pytest.approx(given)


def test_a_device_that_has_waited_all_day_is_started():
    """Planned anew every hour with a full battery and some sun: it runs in the first of them, not in the last."""
    left = [1500.0] * 24
    load = replace(ONE, power_w=2000.0, capacity_kwh=2.0)
    plans = [
        made(Example("", left[hour:], (load,), (), soc=2.7, rules=BATTERY | {"stored_kwh_value": 0.5}), strategy)
        for strategy in ("best", "seed")
        for hour in range(3)
    ]
    assert [plan.devices["load"][0] for plan in plans] == [1, 1, 1, 0, 0, 0]


def test_what_is_stored_today_survives_and_is_not_planned_again():
    """What is booked comes from the state on disk: after a restart at three the boiler is not empty again."""
    now = MORNING + timedelta(hours=9)
    rules = settings(ONE, slot_min=60, horizon_h=10.0)
    seen = Foreseen((0.0,) * 10, (200.0,) * 10, (0.3,) * 10, (0.05,) * 10)
    full = replace(seen, booked=Booked(day=MORNING.date(), stored_kwh={"load": 3.0}))
    assert sum(decide(full, rules, Memory(), now)[1].devices["load"]) == 0
    assert sum(decide(seen, rules, Memory(), now)[1].devices["load"]) == 3
