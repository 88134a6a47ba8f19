"""Old history takes little room, and still says what changed."""

from __future__ import annotations

import pytest

from tests.history.rows import House


def forget(house: House, days: int = 3) -> None:
    """Let so many recorded days pass."""
    for _ in range(days):
        house.pass_days(1)
        house.decide("later", command="other")
        house.measure(0)
    house.pass_days(1)
    house.history.fold()


def of_first_day(rows):
    return [row for row in rows if row["at"].startswith("2026-07-01")]


def test_minutes_become_means_of_a_quarter_then_of_an_hour(short_memory):
    """Power is averaged, a counter's last value counts, words are those of the end."""
    house = short_memory
    for minute in range(60):
        house.measure(minute, import_kwh=100 + minute, mode="charging" if minute % 15 == 14 else "ready")
        house.clock.advance(60)
    forget(house)
    quarters = of_first_day(house.history.readings())
    assert [row["at"][11:16] for row in quarters] == ["12:00", "12:15", "12:30", "12:45"]
    assert [row["grid_w"] for row in quarters] == [7, 22, 37, 52]
    assert [row["import_kwh"] for row in quarters] == [114, 129, 144, 159]
    assert {row["mode"] for row in quarters} == {"charging"}
    forget(house)
    (hour,) = of_first_day(house.history.readings())
    assert (hour["grid_w"], hour["import_kwh"], hour["mode"]) == (29.5, 159, "charging")


def test_of_old_decisions_the_repetitions_go(short_memory):
    """What changed is kept in full, with how often it was repeated and until when."""
    house = short_memory
    reasons = ["hold"] * 5 + ["low"] * 2 + ["hold"] * 3 + ["recovered"]
    for number, reason in enumerate(reasons):
        house.decide(reason, because=f"Battery at {number} %.")
        house.clock.advance(60)
    forget(house)
    kept = of_first_day(house.history.decisions("grid-guard"))
    assert [(row["reason"], row["because"], row.get("repeats", 0)) for row in reversed(kept)] == [
        ("hold", "Battery at 0 %.", 4),
        ("low", "Battery at 5 %.", 1),
        ("hold", "Battery at 7 %.", 2),
        ("recovered", "Battery at 10 %.", 0),
    ]
    assert kept[-1]["repeated_until"][11:16] == "12:04"


DONE = [{"device": "grid-relay", "action": "switch", "to": True, "outcome": "done"}]


@pytest.mark.parametrize(
    "difference",
    [
        {"reason": "low"},
        {"exit": 75},
        {"actions": DONE},
        {"actions": [DONE[0] | {"outcome": "failed"}]},
        {"errors": [{"kind": "DeviceUnreachable", "device": "grid-relay", "message": "silent", "hint": ""}]},
    ],
)
def test_what_a_person_looks_for_is_never_a_repetition(short_memory, difference):
    """Another reason, exit code, action, outcome or error is kept."""
    house = short_memory
    house.decide()
    house.clock.advance(60)
    house.decide(**difference)
    house.clock.advance(60)
    house.decide()
    forget(house)
    assert len(of_first_day(house.history.decisions("grid-guard"))) == 3


def test_thinning_twice_and_folding_again_changes_nothing(short_memory):
    """The same days folded again, after they were thinned, add nothing."""
    house = short_memory
    for minute in range(20):
        house.decide("hold" if minute % 7 else "low")
        house.measure(minute)
        house.clock.advance(60)
    journal = house.folder / "history" / "2026-07-01.jsonl"
    content = journal.read_bytes()
    forget(house)
    decisions, measured = house.history.decisions(), house.history.readings()
    for _ in range(2):
        journal.write_bytes(content)
        assert house.history.fold() == 1
        assert house.history.decisions() == decisions
        assert house.history.readings() == measured


def test_a_clock_years_ahead_does_not_make_everything_old(short_memory):
    """Days are counted as recorded: one wrong day thins nothing that should be whole."""
    house = short_memory
    for minute in range(30):
        house.measure(minute)
        house.clock.advance(60)
    house.pass_days(20_000)
    house.measure(1)
    house.pass_days(1)
    house.history.fold()
    assert len(of_first_day(house.history.readings())) == 30
