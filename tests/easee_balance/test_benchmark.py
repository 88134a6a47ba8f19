"""The benchmark's targets, on one day of each kind (the table is in benchmarks/charging)."""

from __future__ import annotations

import pytest

from benchmarks.charging.laws import Nobody, Rule, Seed
from benchmarks.charging.plant import Case
from benchmarks.charging.run import CALM, Row, play


@pytest.mark.parametrize(
    "case",
    [
        Case("clear", 3, False, 0),
        Case("broken", 3, True, 0),
        Case("broken", 1, False, 1),
        Case("overcast", 1, False, 0),
    ],
    ids=str,
)
def test_the_sun_ends_in_the_car(case):
    """At least 95 % of perfect foresight, less bought than by the seed's law; the three options: at most six starts."""
    alone = play(case, Nobody())
    rule, calm, seed = Row(), Row(), Row()
    rule.add(case, play(case, Rule(case.phases)), alone)
    calm.add(case, play(case, Rule(case.phases, **CALM)), alone)
    seed.add(case, play(case, Seed()), alone)
    for row in (rule, calm):
        assert row.captured >= 0.95 * row.nothing_bought
        assert row.bought < seed.bought
    assert calm.most_starts <= min(6, rule.most_starts)
