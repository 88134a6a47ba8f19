"""What others on the broker see: the seed's status, Home Assistant's discovery, Domoticz in and out."""

from __future__ import annotations

import json

from tests.mqtt.steady_house import until

SEED_FIELDS = {
    "date", "date_str", "power_consumption", "power_production", "production_energy", "injection", "grid",
    "CLOUD_forecast", "ECS_energy_yesterday", "power_equipments", "power_house", "equipments",
}  # fmt: skip


def test_the_status_has_the_seeds_fields(house):
    """Readers of the old status find everything under its old name."""
    with house.balance() as run:
        house.settled()
        until(lambda: (house.ear.status()["power_consumption"] or 0) > 1500, what="a settled status")
        status = house.ear.status()
        assert status.keys() >= SEED_FIELDS
        assert status["injection"] <= 0 <= status["grid"]
        assert status["power_production"] == 1800
        first = status["equipments"][0]
        assert {"name", "current_power", "energy", "overed", "forced"} <= first.keys()
        assert first["name"] == "water-heater"
        assert 1350 <= first["current_power"] <= 1500
        until(lambda: house.ear.status()["equipments"][0]["energy"] > 0, what="energy counts")
        assert house.ear.status()["equipments"][0]["estimated"] is False
        run.stop()


def test_home_assistant_finds_everything(house):
    """Device-based, retained, with availability and expiry; renewed when Home Assistant is born; its select works."""
    with house.balance() as run:
        house.settled()
        late = type(house.ear)(house.emulator.port)
        topic = "homeassistant/device/solarctl_water-heater/config"
        until(lambda: late.on(topic), what="retained discovery")
        found = json.loads(late.on(topic)[0])
        assert found["device"]["identifiers"] == ["solarctl_water-heater"]
        assert found["device"]["via_device"] == "solarctl"
        assert found["availability_topic"] == "regul/status/availability"
        assert found["origin"]["name"] == "solarctl"
        power = found["components"]["power"]
        assert power["platform"] == "sensor"
        assert power["device_class"] == "power"
        assert power["expire_after"] == 60
        assert late.on("regul/status/availability") == ["online"]
        late.stop()
        before = len(house.ear.on(topic))
        house.ear.say("homeassistant/status", "online")
        until(lambda: len(house.ear.on(topic)) > before, what="told again")
        command = found["components"]["mode"]["command_template"]
        off = command.split("{% elif value == 'off' %}")[1].split("{%")[0]
        house.ear.say("regul/mode", off)
        until(lambda: house.heater.percent == 0, what="forced off")
        auto = command.split("{% if value == 'auto' %}")[1].split("{%")[0]
        house.ear.say("regul/mode", auto)
        house.settled()
        run.stop()


def test_domoticz_in_and_out(house):
    """Powers go in as text with whole nvalue; a press of the forced-mode switch comes out; the echo does no harm."""
    domoticz = "domoticz = { injection_idx = 648, grid_idx = 651, mode_idx = 338, forced = { radiator = 700 } }"
    house.write(extra=domoticz)
    house.emulator.domoticz.values[338] = (2, "10")
    with house.balance() as run:
        house.settled()
        values = house.emulator.domoticz.values
        until(lambda: int(values.get(648, (0, "0"))[1]) < 0, what="injected power is negative")
        until(lambda: 651 in values, what="the grid's power is told too")
        assert values[651] == (0, "0")
        until(lambda: house.ear.status()["mode"] == 10, what="the domestic mode was asked for")
        house.emulator.press(700, 1)
        until(lambda: house.radiator.on, what="forced from Domoticz")
        until(lambda: house.ear.status()["equipments"][1]["forced"], what="told so")
        house.ear.say("regul/mode", {"command": "unforce", "name": "radiator"})
        until(lambda: values[700][0] == 0, what="Domoticz is told the end")
        house.emulator.press(700, 1)
        until(lambda: house.ear.status()["equipments"][1]["forced"], what="forced again")
        house.emulator.press(700, 0)
        until(lambda: not house.ear.status()["equipments"][1]["forced"], what="ended from Domoticz")
        assert house.emulator.domoticz.refused == 0
        run.stop()


def test_the_mode_topic(house):
    """The selector's message sets the domestic mode; nonsense does not."""
    house.write(extra='mode_topic = "domoticz/out/Automate_Cumulus"')
    with house.balance() as run:
        house.settled()
        house.ear.say("domoticz/out/Automate_Cumulus", {"idx": 338, "svalue1": "0"})
        until(lambda: house.ear.status()["mode"] == 0, what="off")
        house.ear.say("domoticz/out/Automate_Cumulus", {"idx": 338, "svalue1": "7"})
        house.ear.say("domoticz/out/Automate_Cumulus", {"idx": 338, "svalue1": "20"})
        until(lambda: house.ear.status()["mode"] == 20, what="sun")
        run.stop()


def test_nothing_is_said_when_nothing_is_wanted(house):
    """Without discovery and status the loop works just the same, and says nothing."""
    house.write(extra='discovery_prefix = ""\nstatus_topic = ""\nforce_topic = ""')
    with house.balance() as run:
        house.settled()
        run.stop()
    assert not [topic for topic, _, _ in house.ear.heard if topic.startswith(("homeassistant", "regul/status"))]
