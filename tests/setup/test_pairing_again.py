"""A device that refuses the token it was given is paired anew by its button, instead of being left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from solarctl.onboarding.dialogue import Answers
from solarctl.onboarding.draft import Draft
from solarctl.onboarding.steps import homewizard
from solarctl.onboarding.wizard import Wizard
from tests.home import ZONE, Home, served
from tests.setup.test_wizard import NOON, DrivenClock, Person


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "homewizard", tables="", clock=DrivenClock(NOON)) as home:
        home.emulators["homewizard"].devices["plug-in-battery"].users.clear()  # reset: every token is forgotten
        yield home


def wizard_of(home: Home, dialogue: Any) -> tuple[Wizard, list[str]]:
    path = home.folder / "new" / "config.toml"
    path.parent.mkdir()
    (path.parent / "hwe-ca.pem").write_text(home.emulators["homewizard"].secrets()["hwe-ca.pem"])
    path.write_text(f'[site]\ntimezone = "{ZONE}"\n')
    said: list[str] = []
    return Wizard(Draft(path), dialogue, home.state_dir, home.clock, said.append), said


def devices(home: Home, token: str) -> dict[str, Any]:
    url = home.emulators["homewizard"].secure["plug-in-battery"].url
    return {"plug-in-battery": {"host": url, "token": token, "ca_file": "hwe-ca.pem"}}


def test_paired_anew(home: Home) -> None:
    """The wrong token is told, the button is pressed, and only the new token is kept."""
    battery = home.emulators["homewizard"].devices["plug-in-battery"]

    def yes() -> bool:
        battery.press_button()
        return True

    person = Person(homewizard__pair_again=[yes], setup__again=False)
    person.given = {"homewizard.devices": devices(home, "0123456789ABCDEF0123456789ABCDEF")}.get  # type: ignore[method-assign,assignment]
    wizard, said = wizard_of(home, person)
    homewizard.run(wizard)
    assert any("did not work" in line for line in said)
    assert wizard.draft.secrets == {"plug-in-battery.secret": battery.users["local/solarctl"]}
    assert wizard.readings["plug-in-battery"]
    assert not wizard.troubles


def test_whoever_declines_is_asked_what_becomes_of_it(home: Home) -> None:
    """Without the button it is left out, as a silent device is, and the trouble counts."""
    person = Person(homewizard__pair_again=False, setup__again=False, setup__keep_silent_devices=False)
    person.given = {"homewizard.devices": devices(home, "F" * 32)}.get  # type: ignore[method-assign,assignment]
    wizard, _said = wizard_of(home, person)
    homewizard.run(wizard)
    assert wizard.draft.names("devices") == []
    assert [error.exit_code for error in wizard.troubles] == [77]


def test_a_file_of_answers_presses_no_button(home: Home) -> None:
    """Nobody is there to press it: setup does not wait for a minute, and ends with 77."""
    wizard, _said = wizard_of(home, Answers({"homewizard": {"devices": devices(home, "F" * 32)}}))
    began = home.clock.now()
    homewizard.run(wizard)
    assert [error.exit_code for error in wizard.troubles] == [77]
    assert (home.clock.now() - began).total_seconds() < 30
