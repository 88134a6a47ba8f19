"""A report has one form."""

from __future__ import annotations


def test_two_forms_are_a_mistake_of_the_line(house):
    """Who asks for a picture and a table at once is told so, with exit 2."""
    found = house.run("report", "--svg", "--csv")
    assert found.exit == 2
    assert "--svg, --csv" in found.err
