"""The seed's config.ini becomes tables that `balance` takes."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from solarctl.config import Config
from solarctl.control.balance_settings import Settings
from solarctl.onboarding.imported import read_file

SAMPLE = """
[openweathermap]
key = xxx
location = Chambery
[mqtt]
broker_ip = 10.3.141.1
port = 1883
topic_cons = smeter/pzem/CONSOMMATION
topic_prod = smeter/pzem/PRODUCTION
topic_regul = regul
topic_status = regul/status
topic_force = None
topic_ecsMode = domoticz/out/Automate_Cumulus
[domoticz]
idx_injection = 648
idx_grid = 651
idx_ecs_mode = 338
send_domoticz = true
send_injection = true
send_grid = true
[evaluate]
period = 2.5
margin = 25
balance_threshold = 20
check_at = 1
init_at = 6
status_time = 60
ecs_measure_correction = 0.965
good_forecast = 30
[season]
yday_spring = 80
yday_summer = 173
yday_fall = 290
yday_winter = 355
[fallback]
low_nrj_today_spring = 6000
low_nrj_two_days_spring = 11000
low_nrj_today_summer = 5000
low_nrj_two_days_summer = 10000
low_nrj_today_fall = 7000
low_nrj_two_days_fall = 12000
low_nrj_today_winter = 7000
low_nrj_two_days_winter = 12000
[debug]
simulation = true
simul_prod = 2000
[equipments]
ecs = water_heater
resille = constant
lamp = sparkling
[ecs]
full = 14000
morning = 4000
min_power = 101
min_percent = 4
topic_set_power = regul/vload/ECS/cmd
topic_read_power = smeter/pzem/ECS
json_read_power = power
[resille]
max_power = 596
topic_set_power = domoticz/in
topic_read_power = None
json_on = {"command":"switchlight","idx":359,"switchcmd":"On"}
json_off = {"command":"switchlight","idx":359,"switchcmd":"Off"}
"""


def imported(tmp_path, text=SAMPLE):
    path = tmp_path / "config.ini"
    path.write_text(text)
    return read_file(path)


def test_everything_is_taken(tmp_path):
    """Broker, meters, loads in their order, levels, Domoticz; what cannot be taken is said."""
    (tmp_path / "power_calibration_ecs.csv").write_text("100;2298.5\n50;1150\n0;0\n")
    found = imported(tmp_path)
    mqtt = found.answers["mqtt"]
    assert (mqtt["host"], mqtt["port"]) == ("10.3.141.1", 1883)
    assert set(mqtt["devices"]) == {"house-meter", "pv-meter", "ecs", "ecs-meter", "resille"}
    assert mqtt["devices"]["resille"]["payload_on"] == '{"command":"switchlight","idx":359,"switchcmd":"On"}'
    table = found.answers["rules"]["balance"]
    assert [load["device"] for load in table["loads"]] == ["ecs", "resille"]
    assert table["force_topic"] == "regul/mode"
    assert table["domoticz"] == {"injection_idx": 648, "grid_idx": 651, "mode_idx": 338}
    assert any("lamp" in note for note in found.notes)
    assert any("simu/" in note for note in found.notes)


def test_what_was_taken_is_a_valid_config(tmp_path):
    """The tables decode without a single problem, with the seed's numbers."""
    found = imported(tmp_path)
    devices = {name: one | {"account": "broker"} for name, one in found.answers["mqtt"]["devices"].items()}
    whole = {
        "site": {"timezone": "Europe/Paris"},
        "accounts": {"broker": {"service": "mqtt", "host": "10.3.141.1"}},
        "devices": devices,
        "balance": found.answers["rules"]["balance"],
    }
    path = Path(tmp_path) / "config.toml"
    path.write_text(tomli_w.dumps(whole))
    path.chmod(0o600)
    settings = Config.load(path).table("balance", Settings)
    ecs, resille = settings.loads
    assert settings.margin_w == 25
    assert (ecs.min_w, ecs.meter) == (101, "ecs-meter")
    assert resille.power_w == 596
    assert ecs.guarantee is not None
    assert (ecs.guarantee.kwh, ecs.guarantee.two_day_kwh, ecs.guarantee.check_h) == (7, 12, 5)
    assert ecs.guarantee.summer is not None
    assert ecs.guarantee.summer.kwh == 5
    assert ecs.guarantee.correction == 0.965
    assert any("power_calibration_ecs.csv" in note for note in found.notes)


def test_other_ini_files_are_not_ours(tmp_path):
    """An ini file of something else is left to others."""
    from solarctl.onboarding.importers.balancer_ini import read

    assert read(Path("x.ini"), "[a]\nb = 1\n") is None
    assert read(Path("x.ini"), "no ini at all {") is None
    assert read(Path("x.toml"), SAMPLE) is None
