"""The pages that a demo leaves: complete in a browser, without the mail around them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from click.testing import CliRunner

from solarctl.commands.demo import _scenario, _why, command
from solarctl.simulation.demo import Day, Ran
from solarctl.simulation.demo_folder import _with_pictures
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.scenarios import load

PNG = b"\x89PNG\r\n\x1a\nnot really one"


def test_the_mails_page_has_its_picture_in_it() -> None:
    """A picture that the mail carries beside the page (cid:) stands in the page itself, and nothing else is touched."""
    page = '<p>cid:day.png is its name</p><img src="cid:day.png"><img src="cid:other.png">'
    message = EmailMessage()
    message.set_content("text")
    message.add_alternative(page, subtype="html")
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(PNG, maintype="image", subtype="png", cid="<day.png>")
    found = _with_pictures(page, message)
    inside = base64.b64encode(PNG).decode()
    assert f'<img src="data:image/png;base64,{inside}">' in found
    assert "<p>cid:day.png is its name</p>" in found
    assert 'src="cid:other.png"' in found


def _ran(command: str, action: str, outcome: str) -> Ran:
    at = datetime(2026, 7, 15, 14, tzinfo=UTC)
    done = {"action": action, "device": "x", "to": 1, "outcome": outcome}
    row = {"at": "2026-07-15T14:00:02-07:00", "actions": [done]}
    return Ran(at, command, 0, row, "", (), 0, 0, 0, 0, None, False)


@pytest.mark.parametrize(
    ("action", "outcome", "moved"),
    [
        ("limit", "done", True),
        ("power", "pending", True),
        ("switch", "unchanged", False),
        ("switch", "failed", False),
        ("token", "done", False),
        ("mail", "done", False),
    ],
)
def test_what_moves_something_in_the_house(action: str, outcome: str, moved: bool) -> None:
    """Only what was changed in the house is worth a second look; mails and tokens are not."""
    assert _ran("peak-mode", action, outcome).moved is moved


def test_where_to_look_further() -> None:
    """The words lead to the last decision that changed something, at its own second."""
    day = Day(load("summer"), 0, Energies(), changed=_ran("peak-mode", "reserve", "done"))
    assert _why(day) == "why peak-mode --at 2026-07-15T14:00:02"


def test_another_day_says_so() -> None:
    """`demo --now` begins another day: its help says that, and the header does not name the usual day."""
    said = CliRunner().invoke(command, ["--help"]).output
    assert "Begin the day here instead" in said
    assert "Implies --dry-run" not in said
    scenario = _scenario("summer", "2026-05-01")
    assert (scenario.start.month, scenario.title) == (5, "The home of summer, from another hour on than usual.")
