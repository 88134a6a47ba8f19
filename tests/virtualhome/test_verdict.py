"""The sentence below the demo's table: the fair figure first, and what was not delivered is not praised."""

from __future__ import annotations

from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.everything_books import verdict

FIGURES = {
    "with solarctl": {"cost": 0.83, "full_cost": 4.56},
    "left alone": {"cost": 2.99, "full_cost": 4.81},
}


def test_what_the_energy_costs_once_all_is_full_comes_first() -> None:
    """A day that leaves the car empty is cheap; the sentence begins with what both columns cost when all is full."""
    said = verdict(Energies(), {"left alone": Energies()}, FIGURES)
    assert said.startswith(
        "The energy costs 4.56 USD instead of 4.81 USD, with what car, hot water and batteries still"
    )
    assert said.index("4.81") < said.index("0.83 instead of 2.99")
    assert "peak" not in said


def test_the_peak_comes_last() -> None:
    """Where one of the two bought at the peak, both are said."""
    alone = Energies(dear_import_kwh=2.8)
    assert verdict(Energies(), {"left alone": alone}, FIGURES).endswith(
        "At the peak 0.0 kWh from the grid instead of 2.8 kWh."
    )
