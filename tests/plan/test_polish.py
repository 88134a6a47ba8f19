"""Plans polished by HiGHS itself."""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import replace
from functools import partial

import pytest

from solarctl.control.plan import Memory, decide
from solarctl.control.plan_feasible import faults
from solarctl.control.plan_highs import polisher
from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_solve import Job, finished_rows, solve
from solarctl.control.plan_tasks import work
from solarctl.side_by_side import side_by_side
from tests.plan.houses import BOILER, MORNING, SPARE, Load, foreseen, noon_sun, settings
from tests.plan.test_optimum import SMALL, cost, house

KINDS = ["none", "follows", "commanded"]


def small(seed: int, kind: str) -> Job:
    dice = random.Random(seed)
    tasks = [Task(0, 0.5, 3, 0, SMALL, wanted_kwh=1.5), Task(1, 0.9, 2, 0, SMALL, wanted_kwh=1.8)]
    return Job(house(dice, kind), [Row([0] * SMALL, kwh=0.5), Row([0] * SMALL, kwh=0.9)], tasks, 0.0, 60)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_polished_plan_is_the_best_of_all(kind, seed):
    """From the worst plan there is, the solver finds what trying everything finds."""
    job = small(seed, kind)
    ways = list(itertools.product(itertools.combinations(range(SMALL), 3), itertools.combinations(range(SMALL), 2)))

    def paid(way) -> float:
        return cost(job.house, {t: 0.5 * (t in way[0]) + 0.9 * (t in way[1]) for t in range(SMALL)})

    worst, best = max(ways, key=paid), min(ways, key=paid)
    rows = [replace(row, on=[int(t in slots) for t in range(SMALL)]) for row, slots in zip(job.rows, worst)]
    found = polisher(5.0)(job, finished_rows(job.house, rows, job.tasks))
    assert found is not None
    assert found.cost == pytest.approx(paid(best), abs=2e-3)
    assert found.bound <= found.cost + 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_the_best_already_stays(kind):
    """Polished twice, the second time there is nothing to gain."""
    job = small(5, kind)
    first = polisher(5.0)(job, solve(job)) or solve(job)
    assert polisher(5.0)(job, first) is None


def rules_of(battery: bool, commanded: bool, **other):
    loads = [replace(BOILER, device=name, capacity_kwh=2.0) for name in ("a", "b")]
    bike = Load("bike", 200.0, 0.5)
    spare = replace(SPARE, min_battery_pct=60, capacity_kwh=1.5)
    return settings(*loads, bike, spare, battery=battery, command_battery=commanded, slot_min=30, **other)


def prices(dice: random.Random) -> list[float]:
    return [0.2 + 0.15 * dice.random() for _ in range(48)]


@pytest.mark.parametrize(("battery", "commanded"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("peak_w", [900.0, 5000.0])
def test_a_polished_plan_is_possible_and_never_dearer(battery, commanded, peak_w):
    """It passes the check (the battery's part first too), and the needs cost no more than before."""
    rules = rules_of(battery, commanded)
    seen = foreseen(rules, solar=list(noon_sun(48, 30, peak_w)), buy=prices(random.Random(3)))
    plain = decide(seen, rules, Memory(), MORNING)[1]
    polished = decide(seen, rules, Memory(), MORNING, polisher(0.5))[1]
    assert faults(polished, rules, work(rules, polished.slots, MORNING, seen.booked), seen.soc_kwh) == []
    assert not any("No plan passed" in why for why in polished.why.values())
    switching = rules.start_cost_kwh * sum(seen.import_price) / 48

    def weighed(plan) -> float:
        starts = sum((0, *row)[t] < row[t] for row in plan.devices.values() for t in range(48))
        return plan.expected.cost + switching * starts

    assert polished.expected.unmet_kwh == plain.expected.unmet_kwh
    assert weighed(polished) <= weighed(plain) + 1e-4


def test_the_battery_gets_its_part_first_in_a_polished_plan():
    """A spare boiler that waits for 60 % waits in a plan that the solver has changed, too."""
    rules = rules_of(True, False)
    seen = foreseen(rules, solar=list(noon_sun(48, 30, 6000.0)), buy=prices(random.Random(4)), soc=0.2)
    changed = replace(seen, before=None)
    job_polish = polisher(0.5)
    plan = decide(changed, rules, Memory(), MORNING, lambda job, solution: job_polish(job, worsened(job)))[1]
    charges = [charge for charge, on in zip(plan.soc_kwh, plan.devices["spare"]) if on]
    assert charges
    assert min(charges) >= 0.6 * 2.7 - 1e-3


def worsened(job):
    """Return a plan in which every need begins at once, for the solver to change."""
    rows = [replace(row, on=row.on[:]) for row in job.rows]
    for task in job.needs:
        rows[task.load].on[task.first : task.first + task.count] = [1] * task.count
    return finished_rows(job.house, rows, job.tasks)


@pytest.mark.parametrize(("saved", "moves"), [(0.005, False), (0.20, True)])
def test_no_load_is_moved_for_less_than_a_change_is_worth(saved, moves):
    """The boiler stays where the plan in force has it, though elsewhere is a little cheaper; for more it moves."""
    rules = settings(replace(BOILER, capacity_kwh=2.0), slot_min=30)
    dear = [0.30] * 48
    there = [0.25 if 10 <= t < 12 else price for t, price in enumerate(dear)]
    before = decide(foreseen(rules, solar=0.0, buy=there), rules, Memory(), MORNING)[1]
    assert sum(before.devices["boiler"][10:12]) == 2
    now = [0.25 - saved if 30 <= t < 32 else price for t, price in enumerate(there)]
    seen = foreseen(rules, solar=0.0, buy=now, before=before)
    plan = decide(seen, rules, Memory(), MORNING, polisher(1.0))[1]
    assert (plan.devices != before.devices) is moves


def test_a_need_that_cannot_be_met_stays_named():
    """An overloaded connection: the solver changes nothing in what cannot be had."""
    loads = [replace(BOILER, device=name) for name in ("a", "b")]
    rules = settings(*loads, slot_min=30, grid_limit_w=2500, horizon_h=3.0)
    seen = foreseen(rules, solar=0.0)
    plain, polished = (decide(seen, rules, Memory(), MORNING, polish)[1] for polish in (None, polisher(0.5)))
    assert sum(plain.expected.unmet_kwh.values()) == pytest.approx(2.0)
    assert polished.expected.unmet_kwh == plain.expected.unmet_kwh


@pytest.mark.parametrize("kind", KINDS)
def test_searches_that_begin_with_nothing_run_beside(kind):
    """With a way to do things at once, all that could find more are asked; what comes is the best of all."""
    job = small(3, kind)
    asked: list[int] = []

    def together(tasks) -> None:
        asked.append(len(tasks))
        side_by_side(tasks)

    rows = worsened(job).rows
    found = polisher(5.0, together)(job, finished_rows(job.house, rows, job.tasks))
    alone = polisher(5.0)(job, finished_rows(job.house, rows, job.tasks))
    assert found.cost == pytest.approx(alone.cost, abs=1e-4)
    assert asked == [3 if kind == "follows" else 2]


def test_side_by_side():
    """The first task is always done, and no more of them than there are cores."""
    done: list[int] = []
    side_by_side([partial(done.append, number) for number in range(200)])
    assert sorted(done) == list(range(len(done)))
    assert 1 <= len(done) <= (os.cpu_count() or 1)
