"""How a generated year compares with typical meteorological years: monthly and yearly radiation in kWh/m².

python -m benchmarks.simulate.weather
"""

from __future__ import annotations

from datetime import date, timedelta

from solarctl.simulation.climates import PLACES, PUBLISHED, Place
from solarctl.virtualhome.sky import Sky

SEEDS = range(3)


def months(place: Place) -> list[float]:
    """Return the generated monthly sums, the mean of a few years."""
    found = [0.0] * 12
    for seed in SEEDS:
        sky = Sky(place.latitude, place.longitude, seed=seed, climate=place.climate)
        for number in range(365):
            day = date(2025, 1, 1) + timedelta(days=number)
            kwh = sum(sky.day((day - date(1970, 1, 1)).days).radiation()) / 60_000
            found[day.month - 1] += kwh / len(SEEDS)
    return found


def main() -> None:
    """Print published and generated sums side by side."""
    for place in PLACES:
        ours = months(place)
        print(f"{place.name:11} generated {sum(ours):5.0f}  " + " ".join(f"{one:4.0f}" for one in ours))
        if place.name in PUBLISHED:
            published = PUBLISHED[place.name]
            print(f"{'':11} published {sum(published):5.0f}  " + " ".join(f"{one:4d}" for one in published))


if __name__ == "__main__":
    main()
