"""Which signs and scales make the house balance: `load = grid + solar + battery`, from readings of some minutes.

With a load meter every sample is an equation. Without one the load is what must come out: never negative, and not
jumping whenever a cloud passes, which a turned meter makes it do; a load of known power that is switched on meanwhile
settles what is left. What the readings cannot tell (a battery at rest, panels at night) is said to be undecided.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

SOURCES = ("grid", "solar", "battery")
SCALES = (1.0, 1000.0, 0.001)  # W; kW that should be W; mW, or W taken for kW
NOISE_W = 25.0  # meters are read one after the other
NOISE_SHARE = 0.04

Sample = Mapping[str, float]  # grid, solar, battery, load in W; those that are there; toggled: W of a known load


@dataclass(frozen=True)
class Verdict:
    """`factor` per meter: 1 right as it is, −1 turned, 1000 in the wrong unit; `undecided` meters may be either."""

    factor: dict[str, float]
    undecided: tuple[str, ...] = ()
    residual_w: float = 0.0
    sees_load: bool = False
    fits: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def all_right(self) -> bool:
        """Whether nothing has to be changed."""
        return self.fits and all(factor == 1 for factor in self.factor.values())


def check_signs(samples: Sequence[Sample]) -> Verdict:
    """Return which factors of grid, solar and battery make the house balance."""
    names = [name for name in SOURCES if samples and all(name in sample for sample in samples)]
    if "grid" not in names or not samples:
        return Verdict({}, fits=False)
    sees_load = all("load" in sample for sample in samples)
    scales = SCALES if sees_load else (1.0,)
    costs: dict[tuple[float, ...], float] = {}
    for choice in product(*[_factors(name, scales) for name in names]):
        costs[choice] = _cost(samples, dict(zip(names, choice, strict=True)), sees_load)
    tolerance_w = NOISE_W + NOISE_SHARE * _size(samples, names)
    best = min(costs.values())
    near = [choice for choice, cost in costs.items() if cost <= best + tolerance_w]
    chosen = min(near, key=lambda choice: (sum(one != 1 for one in choice), costs[choice]))
    undecided = tuple(name for index, name in enumerate(names) if any(other[index] != chosen[index] for other in near))
    return Verdict(
        dict(zip(names, chosen, strict=True)),
        undecided,
        costs[chosen],
        sees_load,
        fits=best <= 2 * tolerance_w or not sees_load,
    )


def _factors(name: str, scales: Iterable[float]) -> list[float]:
    return [sign * scale for sign in (1.0, -1.0) for scale in scales]


def _size(samples: Sequence[Sample], names: Sequence[str]) -> float:
    return statistics.fmean(max(abs(sample[name]) for name in names) for sample in samples)


def _cost(samples: Sequence[Sample], factors: Mapping[str, float], sees_load: bool) -> float:
    """Return by how many W the house does not balance with these factors."""
    sums = [sum(factor * sample[name] for name, factor in factors.items()) for sample in samples]
    if sees_load:
        return statistics.fmean(abs(sample["load"] - total) for sample, total in zip(samples, sums, strict=True))
    negative_w = statistics.fmean(max(0.0, -total) for total in sums)
    steady = [total - sample.get("toggled", 0.0) for sample, total in zip(samples, sums, strict=True)]
    return 3 * negative_w + (statistics.pstdev(steady) if len(steady) > 1 else 0.0)
