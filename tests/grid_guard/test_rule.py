"""The grid-guard rule: tables for its limits, timelines for its memory, properties for its envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solarctl.control.grid_guard import Memory, Position, Quiet, Reason, Settings, decide, remember
from solarctl.decision import Carried, Outcome, SwitchTo
from solarctl.errors import Exit
from solarctl.readings import BatteryReading

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
ON, OFF = SwitchTo("relay", True), SwitchTo("relay", False)


def settings(**overrides):
    return replace(Settings("inverter", ("relay",)), **overrides)


def battery(soc_pct, *, age_min=3.0, now=NOW):
    return BatteryReading(at=now - timedelta(minutes=age_min), soc_pct=soc_pct)


def since(minutes):
    return NOW - timedelta(minutes=minutes)


SEEDS_RULE = settings(on_below_pct=15, off_above_pct=15)
QUIET = settings(quiet=Quiet(time(22), time(6), 10, 20))

TABLE = [
    # (charge, settings, memory, reason, actions)
    (14.9, settings(), Memory(), Reason.LOW, [ON]),
    (0.0, settings(), Memory(), Reason.LOW, [ON]),
    (15.0, settings(), Memory(), Reason.HOLD, []),  # the limit itself is still fine
    (24.9, settings(), Memory(), Reason.HOLD, []),
    (25.0, settings(), Memory(), Reason.RECOVERED, [OFF]),
    (100.0, settings(), Memory(), Reason.RECOVERED, [OFF]),
    (14.9, SEEDS_RULE, Memory(), Reason.LOW, [ON]),
    (15.0, SEEDS_RULE, Memory(), Reason.RECOVERED, [OFF]),
    (12.0, QUIET, Memory(), Reason.LOW, [ON]),  # noon is not quiet
    (10.0, settings(on_delay_min=5), Memory(), Reason.WAITING, []),
    (10.0, settings(on_delay_min=5), Memory(low_since=since(4.9)), Reason.WAITING, []),
    (10.0, settings(on_delay_min=5), Memory(low_since=since(5)), Reason.LOW, [ON]),
    (10.0, settings(on_delay_min=5), Memory(low_since=since(-60)), Reason.LOW, [ON]),  # the clock was set back
    (10.0, settings(on_delay_min=5), None, Reason.LOW, [ON]),  # no bookkeeping: not waited for
    (30.0, settings(off_delay_min=5), Memory(), Reason.WAITING, []),
    (30.0, settings(off_delay_min=5), Memory(recovered_since=since(5)), Reason.RECOVERED, [OFF]),
    (30.0, settings(off_delay_min=5), None, Reason.WAITING, []),  # cannot be known since when
    (30.0, settings(), None, Reason.RECOVERED, [OFF]),
    (30.0, settings(min_on_min=15), Memory(positions={"relay": Position(True, since(14))}), Reason.WAITING, []),
    (30.0, settings(min_on_min=15), Memory(positions={"relay": Position(True, since(15))}), Reason.RECOVERED, [OFF]),
    (10.0, settings(min_off_min=60), Memory(positions={"relay": Position(False, since(1))}), Reason.LOW, [ON]),
    (
        10.0,
        settings(max_switches_per_day=2),
        Memory(day=NOW.date(), switches={"relay": 9}, positions={"relay": Position(False, since(1))}),
        Reason.LOW,
        [ON],
    ),
    (
        30.0,
        settings(max_switches_per_day=2),
        Memory(day=NOW.date(), switches={"relay": 2}, positions={"relay": Position(True, since(600))}),
        Reason.WAITING,
        [],
    ),
    (
        30.0,
        settings(max_switches_per_day=2),
        Memory(day=since(1440).date(), switches={"relay": 2}, positions={"relay": Position(True, since(600))}),
        Reason.RECOVERED,
        [OFF],
    ),
    (None, settings(), Memory(), Reason.NO_READING, []),
    (None, settings(when_blind="on"), Memory(last_good_at=since(59)), Reason.NO_READING, []),
    (None, settings(when_blind="on"), Memory(last_good_at=since(60)), Reason.BLIND, [ON]),
    (None, settings(when_blind="off"), Memory(last_good_at=since(60)), Reason.BLIND, [OFF]),
    (None, settings(when_blind="hold"), Memory(last_good_at=since(60)), Reason.BLIND, []),
    (None, settings(when_blind="on"), Memory(silent_since=since(60)), Reason.BLIND, [ON]),
    (
        None,
        settings(when_blind="on", min_off_min=120),
        Memory(last_good_at=since(90), positions={"relay": Position(False, since(100))}),
        Reason.WAITING,
        [],
    ),
    (
        None,
        settings(when_blind="off", min_on_min=120),
        Memory(last_good_at=since(90), positions={"relay": Position(True, since(100))}),
        Reason.WAITING,
        [],
    ),
    (-1.0, settings(), Memory(), Reason.NO_READING, []),
    (101.0, settings(), Memory(), Reason.NO_READING, []),
]


@pytest.mark.parametrize(("soc_pct", "rule", "memory", "reason", "actions"), TABLE)
def test_limits(soc_pct, rule, memory, reason, actions):
    """Each row says what a charge means under these settings and this memory."""
    decision = decide(battery(soc_pct), rule, memory, NOW)
    assert (decision.reason, list(decision.actions)) == (reason, actions), decision.because


def test_every_reason_is_reached():
    """The table uses every reason the rule can give."""
    assert {row[3] for row in TABLE} == set(Reason)


@pytest.mark.parametrize(
    ("age_min", "reason"),
    [(20.0, Reason.LOW), (20.1, Reason.NO_READING), (-5.0, Reason.LOW), (-5.1, Reason.NO_READING)],
)
def test_age(age_min, reason):
    """A reading older than the limit, or from the future beyond a clock's skew, is none."""
    assert decide(battery(5, age_min=age_min), settings(), Memory(), NOW).reason is reason


def test_no_answer_at_all():
    """A battery that does not answer is a missing reading: 75, nothing moves, the age of silence starts."""
    decision = decide(None, settings(), Memory(), NOW)
    assert (decision.reason, decision.exit_code) == (Reason.NO_READING, Exit.TRY_AGAIN)
    assert decision.memory.silent_since == NOW
    assert not decision.actions


def test_blind_is_a_policy_carried_out():
    """After long silence the policy applies, which is no failure: exit 0."""
    assert decide(None, settings(), Memory(last_good_at=since(61)), NOW).exit_code == Exit.OK


@pytest.mark.parametrize(
    ("hour", "soc_pct", "reason"),
    [(21, 12, Reason.LOW), (22, 12, Reason.HOLD), (3, 9, Reason.LOW), (5, 20, Reason.RECOVERED), (6, 20, Reason.HOLD)],
)
def test_quiet_hours(hour, soc_pct, reason):
    """Quiet hours cross midnight, begin with their first minute and end before their last."""
    now = NOW.replace(hour=hour)
    assert decide(battery(soc_pct, now=now), QUIET, Memory(), now).reason is reason


@pytest.mark.parametrize(
    ("soc_pct", "words"),
    [
        (12.0, ["Battery at 12 %, below 15 %", "until 25 %"]),
        (17.0, ["17 %", "below 15 % (2 points down)", "at 25 % (8 points up)"]),
        (80.0, ["80 %", "below 15 %, 65 points down"]),
    ],
)
def test_because_tells_the_distance(soc_pct, words):
    """The sentence says how far it is to the next flip."""
    because = decide(battery(soc_pct), settings(), Memory(), NOW).because
    assert all(word in because for word in words), because


def test_two_relays_with_one_held():
    """A relay within its minimum time stays, the other goes."""
    memory = Memory(positions={"relay": Position(True, since(1)), "pump": Position(True, since(60))})
    decision = decide(battery(50), settings(switch=("relay", "pump"), min_on_min=10), memory, NOW)
    assert (decision.reason, list(decision.actions)) == (Reason.WAITING, [SwitchTo("pump", False)])


def played(rule, charges, *, step_min=5):
    """Return what happens over time: (reason, on) after each charge; silence is None."""
    memory, on, now, seen = Memory(), False, NOW, []
    for charge in charges:
        reading = battery(charge, now=now) if charge is not None else None
        decision = decide(reading, rule, memory, now)
        carried = []
        for action in decision.actions:
            outcome = Outcome.UNCHANGED if action.to is on else Outcome.DONE
            on = action.to
            carried.append(Carried(action, outcome, now))
        memory = remember(decision.memory, carried)
        seen.append((decision.reason, on))
        now += timedelta(minutes=step_min)
    return seen, memory


def test_the_relay_does_not_chatter():
    """Around the limit the relay moves once, and back only after a real recovery."""
    seen, memory = played(settings(), [16, 14, 15, 14, 16, 14, 15, 24, 14, 25, 24, 16, 15, 14])
    moves = sum(a[1] is not b[1] for a, b in zip([(None, False), *seen], seen))
    assert moves == 3  # on at the first 14, off at 25, on at the last 14
    assert memory.switches == {"relay": 3}


def test_the_seeds_flapping_is_tamed_by_times():
    """With the seed's single limit, minimum times alone keep the relay from flapping; low charge is never delayed."""
    rule = settings(on_below_pct=15, off_above_pct=15, min_on_min=30)
    seen, _ = played(rule, [14, 15, 14, 15, 14, 15, 14, 15, 15])
    assert [on for _, on in seen] == [True] * 6 + [True, False, False]


def test_silence_keeps_the_delay_of_low_charge():
    """A gap in the readings does not start the on-delay anew."""
    seen, _ = played(settings(on_delay_min=10), [12, None, 12])
    assert [reason for reason, _ in seen] == [Reason.WAITING, Reason.NO_READING, Reason.LOW]


def test_memory_tells_what_really_happened():
    """When the second of two relays fails, the first one's switch is remembered and the second one's is not."""
    memory = remember(
        Memory(),
        [
            Carried(SwitchTo("a", True), Outcome.DONE, NOW),
            Carried(SwitchTo("b", True), Outcome.FAILED, NOW),
            Carried(SwitchTo("c", True), Outcome.UNCHANGED, NOW),
        ],
    )
    assert memory.positions == {"a": Position(True, NOW), "c": Position(True, NOW)}
    assert memory.switches == {"a": 1}


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
memories = st.builds(
    Memory,
    last_good_at=st.none() | moments,
    silent_since=st.none() | moments,
    low_since=st.none() | moments,
    recovered_since=st.none() | moments,
    positions=st.dictionaries(st.just("relay"), st.builds(Position, st.booleans(), moments)),
    day=st.none() | st.just(NOW.date()),
    switches=st.dictionaries(st.just("relay"), st.integers(0, 50)),
)
rules = st.builds(
    lambda low, gap, **rest: settings(on_below_pct=low, off_above_pct=low + gap, **rest),
    st.floats(1, 60),
    st.floats(0, 40),
    off_delay_min=st.floats(0, 500),
    min_on_min=st.floats(0, 500),
    min_off_min=st.floats(0, 500),
    max_switches_per_day=st.integers(0, 3),
    when_blind=st.sampled_from(["hold", "on", "off"]),
)


@given(rules, st.none() | memories, st.floats(0, 100))
def test_a_low_battery_always_gets_the_grid(rule, memory, soc_pct):
    """Below the limit the grid comes in at once, whatever times, counts, clocks or lost books say."""
    decision = decide(battery(soc_pct), rule, memory, NOW)
    assert (ON in decision.actions) == (soc_pct < rule.on_below_pct)
    assert not (OFF in decision.actions and soc_pct < rule.off_above_pct)


@given(rules, st.none() | memories, st.floats(0, 0.99), st.floats(0, 400))
def test_a_delay_ends(rule, memory, soc_share, delay_min):
    """An on-delay is waited for at most its length, counted from the first run that saw the low charge."""
    rule = replace(rule, on_delay_min=delay_min)
    soc_pct = soc_share * rule.on_below_pct
    first = decide(battery(soc_pct), rule, memory, NOW)
    later = NOW + timedelta(minutes=delay_min)
    assert ON in decide(battery(soc_pct, now=later), rule, first.memory, later).actions


@given(rules, st.none() | memories, st.none() | st.floats(-1e6, 1e6))
def test_nothing_moves_on_a_reading_that_is_none(rule, memory, soc_pct):
    """A missing or impossible charge never switches, except by the policy for long silence."""
    reading = None if soc_pct is None or 0 <= soc_pct <= 100 else battery(soc_pct)
    decision = decide(reading, rule, memory, NOW)
    assert decision.reason in (Reason.NO_READING, Reason.BLIND, Reason.WAITING)
    if decision.reason is Reason.NO_READING:
        assert not decision.actions
        assert decision.exit_code == Exit.TRY_AGAIN
    assert all(action.to is (rule.when_blind == "on") for action in decision.actions)
