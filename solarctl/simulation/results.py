"""From lives to results: what solarctl saved, what was possible, where the rest went, and the worst days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from solarctl.simulation.compare import NOTHING, OURS, SEEDS, SURE, Life
from solarctl.simulation.foresight import Possible

WORST = 5
WORTH_TELLING = 0.005  # of the currency: less is nothing


@dataclass(frozen=True)
class Day:
    """One day's cost, and the least it could have been."""

    day: date
    cost: float
    possible: float

    @property
    def regret(self) -> float:
        return self.cost - self.possible


@dataclass(frozen=True)
class Result:
    """One house of one config and seed, lived through by solarctl and by the others."""

    config: str
    house: str
    currency: str
    lives: Mapping[str, Life]

    @property
    def ours(self) -> Life:
        return self.lives[OURS]

    @property
    def possible(self) -> float:
        return sum(_possible(self.ours).least)

    @property
    def free(self) -> float:
        return sum(_possible(self.ours).free)

    @property
    def exact(self) -> bool:
        possible = _possible(self.ours)
        return not possible.in_turn and (possible.limited is not None or not possible.gap)

    @property
    def proven(self) -> float:
        """What no life can be cheaper than."""
        return self.free - _possible(self.ours).gap

    @property
    def saved(self) -> float:
        """What solarctl saved against the house left alone."""
        return self.lives[NOTHING].cost - self.ours.cost

    @property
    def share(self) -> float | None:
        """Return which share of the possible saving that is; None where there was nothing to save."""
        could = self.lives[NOTHING].cost - self.possible
        return self.saved / could if could > WORTH_TELLING else None

    @property
    def regret(self) -> dict[str, float]:
        """Return what is lost to the rule, to an uncertain forecast, and to what devices and owner do not allow."""
        sure = self.lives.get(SURE, self.ours)
        return {
            "rule": sure.cost - sum(_possible(sure).least),
            "forecast": self.ours.cost - sure.cost,
            "device": self.possible - self.free,
        }

    def worst_days(self, count: int = WORST) -> list[Day]:
        """Return the days on which most was lost, worst first."""
        rows = zip(self.ours.days, self.ours.costs, _possible(self.ours).least, strict=True)
        days = sorted((Day(*row) for row in rows), key=lambda day: -day.regret)
        return [day for day in days[:count] if day.regret > WORTH_TELLING]

    def to_json(self) -> dict[str, Any]:
        ours = self.ours
        return {
            "config": self.config,
            "house": self.house,
            "seed": ours.task.seed,
            "from": ours.task.first.isoformat(),
            "days": ours.task.days,
            "currency": self.currency,
            "data": "generated" if ours.task.recorded is None else ours.task.recorded.source,
            **_figures(ours),
            "rules": ours.tallies,
            "compared": {who: _figures(life) for who, life in self.lives.items() if who in (NOTHING, SEEDS)},
            "foresight": {
                "cost": _money(self.possible),
                "free_cost": _money(self.free),
                "exact": self.exact,
                "proven_cost": _money(self.proven),
                "within_limits": _possible(ours).limited is not None,
            },
            "saved": _money(self.saved),
            "share_of_possible": None if self.share is None else round(self.share, 3),
            "regret": {part: _money(lost) for part, lost in self.regret.items()},
            "worst_days": [
                {"day": one.day.isoformat(), "cost": _money(one.cost), "possible": _money(one.possible)}
                for one in self.worst_days()
            ],
            "minutes": ours.minutes,
            "took_s": round(ours.took_s, 2),
        }


def gathered(config: str, currency: str, houses: Sequence[str], lives: Sequence[Life]) -> list[Result]:
    """Return the results of one config's lives, by house and seed."""
    found: dict[tuple[int, int], dict[str, Life]] = {}
    for life in lives:
        found.setdefault((life.task.installation, life.task.seed), {})[life.task.who] = life
    return [Result(config, houses[house], currency, by_who) for (house, _seed), by_who in sorted(found.items())]


def _figures(life: Life) -> dict[str, Any]:
    energies = life.energies
    found: dict[str, Any] = {
        "cost": _money(life.cost),
        "import_kwh": round(energies.import_kwh, 1),
        "export_kwh": round(energies.export_kwh, 1),
        "solar_kwh": round(energies.solar_kwh, 1),
        "load_kwh": round(energies.load_kwh, 1),
        "dark_min": round(sum(life.dark_min)),
        "unserved_kwh": round(energies.unserved_kwh, 2),
        "writes": sum(tally["writes"] for tally in life.tallies.values()),
    }
    if life.car_starts or life.car_kwh or life.elsewhere_kwh:
        found["car"] = {
            "home_kwh": round(life.car_kwh, 1),
            "elsewhere_kwh": round(life.elsewhere_kwh, 1),
            "still_wanted_kwh": round(life.still_wanted_kwh, 1),
            "starts": life.car_starts,
        }
    if life.loads_kwh:
        found["loads"] = {
            "kwh": {name: round(kwh, 1) for name, kwh in life.loads_kwh.items()},
            "missed_kwh": round(life.missed_kwh, 2),
            "given_kwh": round(life.given_kwh, 1),
        }
    if life.too_warm_k_h is not None and life.warmest_c is not None:
        found["comfort"] = {"too_warm_k_h": round(life.too_warm_k_h, 1), "warmest_c": round(life.warmest_c, 1)}
    return found


def _possible(life: Life) -> Possible:
    assert life.possible is not None
    return life.possible


def _money(amount: float) -> float:
    return round(amount, 2) + 0.0
