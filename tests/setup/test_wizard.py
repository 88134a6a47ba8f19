"""Setup's conversation: mistypings, log-ins in a browser, accounts that are there, loads that are switched on."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.capabilities import LoadMeter
from solarctl.onboarding.draft import Draft
from solarctl.onboarding.places import city_of, degrees
from solarctl.onboarding.sign_check import Verdict
from solarctl.onboarding.steps import honeywell, rules, signs, site, tesla
from solarctl.onboarding.wizard import Wizard
from solarctl.virtualhome.clock import DrivenClock
from tests.home import Home, served

NOON = datetime(2026, 7, 15, 12, 0, tzinfo=ZoneInfo("Europe/Prague"))


class Person:
    """Somebody at a terminal, answering by the question's key; a list is used up answer by answer."""

    interactive = True

    def __init__(self, **answers: Any) -> None:
        self.answers = {key.replace("__", "."): value for key, value in answers.items()}
        self.asked: list[str] = []

    def given(self, key: str) -> Any:
        return None

    def _answer(self, key: str, default: Any) -> Any:
        self.asked.append(key)
        assert self.asked.count(key) < 20, f"{key} is asked again and again"
        found = self.answers.get(key, default)
        if isinstance(found, list) and key in self.answers:
            found = found.pop(0)
        return found() if callable(found) else found

    def ask(self, key: str, text: str, default: Any = None, *, secret: bool = False) -> str:
        answer = self._answer(key, default)
        assert answer is not None, f"{key}: {text}"
        return str(answer)

    def confirm(self, key: str, text: str, default: bool) -> bool:
        return bool(self._answer(key, default))

    def pick(self, key: str, text: str, options: Sequence[tuple[Any, str]], default: Any = None) -> Any:
        return self._answer(key, default)

    def pick_many(self, key: str, text: str, options: Sequence[tuple[Any, str]], default: Sequence[Any]) -> list[Any]:
        return list(self._answer(key, default))


@pytest.fixture
def talk(tmp_path: Path) -> Callable[..., tuple[Wizard, list[str]]]:
    """Make wizards that talk to a person; what is said is in a list."""

    def make(person: Person, home: Home, config: str = "") -> tuple[Wizard, list[str]]:
        path = tmp_path / "new" / "config.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(config or f'[site]\ntimezone = "{NOON.tzinfo}"\n')
        said: list[str] = []
        return Wizard(Draft(path), person, home.state_dir, home.clock, said.append), said

    return make


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "tesla", "honeywell-tcc", tables="", clock=DrivenClock(NOON)) as home:
        yield home


def test_a_mistyped_password(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """The portal refuses; the person types once more, and only the right password is kept."""
    portal = home.emulators["honeywell-tcc"]
    person = Person(
        honeywell__username=portal.username,
        honeywell__password=["wrong", portal.password],
        honeywell__again=True,
        setup__again=False,
    )
    wizard, said = talk(person, home)
    wizard.addresses = lambda step: {"base_url": portal.url}  # type: ignore[method-assign]
    honeywell.run(wizard)
    assert "hall" in wizard.draft.names("devices")
    assert wizard.draft.secrets == {"honeywell.secret": portal.password}
    assert any("refuses" in line for line in said)
    assert len(portal.attempts) == 2


def test_a_login_in_the_browser(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """The address is shown, the pasted one is traded for tokens, the site is listed, the Powerwall read."""
    cloud = home.emulators["tesla"]
    said: list[str] = []
    person = Person(
        tesla__client_id=cloud.tokens.client_id,
        tesla__client_secret=cloud.tokens.client_secret,
        tesla__redirect_uri=cloud.tokens.redirect_uri,
        tesla__callback=lambda: cloud.tokens.authorize(said[-1].strip()),
    )
    wizard, _ = talk(person, home)
    wizard.say = said.append
    wizard.addresses = lambda step: {"base_url": cloud.url, "auth_url": cloud.url}  # type: ignore[method-assign]
    tesla.run(wizard)
    assert wizard.draft.find("devices.powerwall.site_id") == cloud.site.site_id
    assert "refresh_token" not in wizard.draft.find("accounts.tesla")
    assert home.state()["tokens"]["tesla"]["refresh_token"]


def test_a_dead_refresh_token_leads_to_the_browser(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """An old token that Tesla refuses is no dead end: the person logs in another way, and the old one is not kept."""
    cloud = home.emulators["tesla"]
    said: list[str] = []
    person = Person(
        tesla__client_id=cloud.tokens.client_id,
        tesla__client_secret=cloud.tokens.client_secret,
        tesla__redirect_uri=cloud.tokens.redirect_uri,
        tesla__browser=[False, True],
        tesla__refresh_token="dead",
        tesla__again=True,
        setup__again=False,
        tesla__callback=lambda: cloud.tokens.authorize(said[-1].strip()),
    )
    wizard, _ = talk(person, home)
    wizard.say = said.append
    wizard.addresses = lambda step: {"base_url": cloud.url, "auth_url": cloud.url}  # type: ignore[method-assign]
    tesla.run(wizard)
    assert "powerwall" in wizard.draft.names("devices")
    assert "dead" not in wizard.draft.secrets.values()


def test_an_account_that_is_there_is_used(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """Who adds a second thermostat later is not asked for the password again."""
    portal = home.emulators["honeywell-tcc"]
    (home.folder / "new").mkdir()
    secret = home.folder / "new" / "honeywell.secret"
    secret.write_text(portal.password)
    secret.chmod(0o600)
    config = (
        f'[site]\ntimezone = "UTC"\n[accounts.honeywell]\nservice = "honeywell-tcc"\nusername = "{portal.username}"\n'
        f'password = {{ file = "honeywell.secret" }}\nbase_url = "{portal.url}"\n'
    )
    person = Person()
    wizard, _ = talk(person, home, config)
    honeywell.run(wizard)
    assert "hall" in wizard.draft.names("devices")
    assert not any("password" in key or "username" in key for key in person.asked)


def test_a_silent_device_may_be_kept(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """A thermostat that is off line today can be put into the config all the same."""
    portal = home.emulators["honeywell-tcc"]
    portal.faults.set("device-lost")
    person = Person(
        honeywell__username=portal.username, honeywell__password=portal.password, setup__keep_silent_devices=True
    )
    wizard, said = talk(person, home)
    wizard.addresses = lambda step: {"base_url": portal.url}  # type: ignore[method-assign]
    honeywell.run(wizard)
    wizard.draft.write()
    assert "hall" in tomllib.loads(wizard.draft.path.read_text())["devices"]
    assert any("lost its connection" in line for line in said)


def test_a_turned_meter_is_mended(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """An MQTT meter that counts backwards gets its scale, below what a person wrote; other drivers only get a word."""
    config = (
        '[site]\ntimezone = "UTC"\n[devices.pv-meter]  # on the roof\ndriver = "mqtt-meter"\naccount = "broker"\n'
        'topic = "a"\nmeasures = "solar"\n[devices.grid]\ndriver = "homewizard"\nhost = "192.168.1.20"\n'
    )
    wizard, said = talk(Person(), home, config)
    verdict = Verdict({"grid": -1.0, "solar": -1.0}, sees_load=True)
    signs._tell(wizard, {"grid": "grid", "solar": "pv-meter"}, verdict)
    assert tomllib.loads(wizard.draft.text())["devices"]["pv-meter"]["scale"] == -1
    assert "[devices.pv-meter]  # on the roof" in wizard.draft.text()
    assert wizard.draft.find("devices.grid.scale") is None
    assert sum("turned round" in line for line in said) == 2


def test_a_kettle_is_asked_for_where_no_meter_sees_the_load(
    talk: Callable[..., tuple[Wizard, list[str]]], tmp_path: Path
) -> None:
    """Meters are watched before and after the kettle is switched on; then the verdict is told."""
    with served(tmp_path, "solax-cloud", tables="", clock=DrivenClock(NOON)) as home:
        person = Person(signs__minutes=1, signs__toggle=True, signs__ready="")
        wizard, said = talk(person, home, home.config_path.read_text())
        (tmp_path / "new" / "solax.secret").write_text(home.emulators["solax-cloud"].token)
        (tmp_path / "new" / "solax.secret").chmod(0o600)
        wizard.devices_that = lambda *found: [] if found == (LoadMeter,) else ["inverter"]  # type: ignore[method-assign]
        signs.run(wizard)
        assert "signs.ready" in person.asked
        assert sum(line.startswith("  grid ") for line in said) >= 10


def test_the_zones_city_is_offered(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """A person who presses Enter gets the position of the zone's city, and the unit that is usual there."""
    wizard, said = talk(Person(site__timezone="America/Phoenix"), home, "# empty\n")
    site.run(wizard)
    assert wizard.draft.find("site") == {
        "timezone": "America/Phoenix",
        "latitude": 33.45,
        "longitude": -112.07,
        "temperature_unit": "F",
    }
    assert any("Phoenix" in line for line in said)


def test_cities() -> None:
    """Positions are read to the second, and an unknown zone has none."""
    assert degrees("+5230+01322") == (52.5, 13.37)
    assert degrees("-1247-04513") == (-12.78, -45.22)
    assert city_of("Mars/Olympus") is None


def test_a_socket_is_not_taken_for_the_grids_relay(talk: Callable[..., tuple[Wizard, list[str]]], home: Home) -> None:
    """grid-guard is offered for any switch, but chosen beforehand only where the name speaks of the grid."""
    config = (
        '[site]\ntimezone = "UTC"\n[devices.inverter]\ndriver = "huawei-sun2000"\nhost = "10.0.0.1"\n'
        '[devices.boiler]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "a"\n'
        '[devices.spare]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "b"\n'
    )
    wizard, _ = talk(Person(), home, config)
    rules.run(wizard)
    assert wizard.draft.find("grid-guard") is None
    more = config + '[devices.grid-relay]\ndriver = "tuya-switch"\naccount = "tuya"\ndevice_id = "c"\n'
    wizard, _ = talk(Person(), home, more)
    rules.run(wizard)
    assert wizard.draft.find("grid-guard") == {"battery": "inverter", "switch": "grid-relay"}
