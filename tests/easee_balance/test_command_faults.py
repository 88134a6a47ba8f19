"""easee-balance when a device, a vendor or a person does not play along."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.drivers.daylight import is_night
from tests.easee_balance.sunny_home import AT_ONCE, TABLE, minutes, offered, run
from tests.home import ZONE, served


def test_a_restart_of_the_charger_is_put_right(home):
    """40 A after a restart last until the next run."""
    minutes(home, 2)
    home.box.reboot()
    assert offered(home) == 32
    minutes(home, 2)
    assert offered(home) == 8


def test_killed_while_charging(home):
    """Killed in the middle: the limit ends by itself, and the charger falls back to what the owner has chosen."""
    home.box.offline_max_a = [0.0] * 3
    minutes(home, 3)
    assert offered(home) == 8
    asked, deadline = len(home.cloud.journal), time.monotonic() + 20
    process = home.process("easee-balance", "--every", "5", "--for", "600")
    while len(home.cloud.journal) == asked and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    home.clock.advance(minutes=2)
    assert offered(home) in (8, 0)
    home.clock.advance(minutes=1.2)
    assert offered(home) == 0


FAULTS = [  # emulator, fault, value, exit, what is said
    ("sun2000", "night", True, 75, "does not answer"), ("sun2000", "busy", True, 75, "busy"),
    ("sun2000", "short", True, 76, "registers"), ("sun2000", "meter-offline", True, 75, "meter is off line"),
    ("sun2000", "no-value", True, 75, "no value"), ("sun2000", "kick", True, 75, "broke off"),
    ("sun2000", "drop-after", 0, 75, "broke off"), ("sun2000", "exception", 1, 76, "exception 1"),
    ("sun2000", "unknown-registers", (37113,), 76, "does not know this register"),
    ("easee", "http-429", 120, 75, "fewer requests"), ("easee", "http-500", True, 75, "out of order"),
    ("easee", "http-502", True, 75, "out of order"), ("easee", "blocked", True, 75, "blocked this address"),
    ("easee", "not-json", True, 76, "should have sent JSON"), ("easee", "nulls", True, 76, "tells nothing"),
    ("easee", "torn", True, 75, "broke off"), ("easee", "stale", 30, 75, "no usable reading"),
    ("easee", "no-access", True, 77, "may not do that"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fault", "value", "code", "said"), FAULTS, ids=[f"{r[0]} {r[1]}" for r in FAULTS])
def test_in_each_fault_the_car_stays_safe(home, where, fault, value, code, said):
    """A message, an exit code, nothing written; the limit holds, then falls back by itself."""
    home.configure(TABLE + AT_ONCE, site="budget_s = 12\n")
    while is_night(home.clock.now().astimezone(ZoneInfo(ZONE)), {}):  # whenever the test is run, the sun is up
        home.clock.advance(minutes=30)
    if where == "sun2000":
        home.write(home.config_path.read_text().replace("settle_s =", "timeout_s = 0.5\nsettle_s ="))
    home.box.offline_max_a = [0.0] * 3
    minutes(home, 2)
    assert offered(home) == 8
    writes = len(home.cloud.writes)
    home.emulators[where].faults.set(fault, value)
    found = run(home)
    assert found["exit"] == code, found
    assert found["reason"] == "no-reading"
    assert found["actions"] == []
    assert len(home.cloud.writes) == writes
    assert said in json.dumps(found["errors"]) + found["because"]
    assert offered(home) in (8, 0)
    home.clock.advance(minutes=3)
    assert offered(home) == 0


def test_a_write_that_fails_leaves_the_old_limit_to_end(home):
    """Refused by the charger: 69, and the next run tries again."""
    home.box.offline_max_a = [0.0] * 3
    minutes(home, 2)
    home.sun.watts = 12_000
    home.cloud.faults.set("reject")
    found = run(home)
    assert (found["exit"], found["actions"][0]["outcome"]) == (69, "failed")
    assert offered(home) == 8
    home.cloud.faults.clear()
    home.clock.advance(minutes=1)
    assert run(home)["actions"][0]["outcome"] == "done"


def test_a_slow_answer_is_given_up_in_time(home):
    """A cloud that takes 30 s does not keep the run beyond its budget."""
    home.configure(TABLE + AT_ONCE, site="budget_s = 2\n")
    home.cloud.faults.set("slow", 6.0)
    found = run(home)
    assert found["exit"] == 75
    assert "did not answer" in json.dumps(found["errors"])


def test_a_session_counter_that_drops_to_zero(home):
    """A spurious 0 is shown as what it is and changes nothing."""
    minutes(home, 2)
    home.cloud.faults.set("session-zero")
    assert run(home)["reason"] == "surplus"


def test_at_night_silence_is_expected(home):
    """An inverter that sleeps is no trouble: exit 0, nothing on stderr with -q."""
    home.configure(TABLE + AT_ONCE, site="latitude = 50.0\nlongitude = 14.4\nbudget_s = 30\n")
    home.write(home.config_path.read_text().replace("settle_s =", "timeout_s = 0.5\nsettle_s ="))
    while not is_night(home.clock.now() + timedelta(seconds=30), {"latitude": 50.0, "longitude": 14.4}):
        home.clock.advance(minutes=20)
    home.inverter.faults.set("night")
    found = run(home)
    assert (found["exit"], found["reason"], found["actions"]) == (0, "no-reading", []), found
    home.clock.advance(minutes=1)
    assert home.run("easee-balance", "-q").err == ""


def test_force_and_unforce(home):
    """`force car --mode now --for 2h` gives all there is, and ends by itself."""
    assert home.json("force", "car", "--mode", "now", "--for", "2h")["reason"] == "forced"
    found = run(home)
    assert (found["reason"], found["actions"][0]["to"]) == ("forced", 16)
    home.clock.advance(minutes=121)
    assert run(home)["reason"] != "forced"
    home.json("force", "car", "5000")
    assert run(home)["actions"][0]["to"] == 7
    assert home.json("unforce", "car")["because"] == "The rules steer car again."
    assert run(home)["reason"] != "forced"
    assert home.json("unforce", "car")["because"] == "car was not forced."


@pytest.mark.parametrize(
    ("words", "said"),
    [(("force", "boat"), "no device"), (("force", "sun2000"), "nothing that can be"),
     (("force", "car", "--for", "soon"), "time span"),
     (("force", "car", "--for", "99999999999999999h"), "not between"), (("force", "car", "--mode", "full"), "--mode"),
     (("force", "car", "2000000"), "no power"), (("unforce", "boat"), "no device"),
     (("easee-balance", "--every", "1"), "at least 5 s"), (("easee-balance", "--for", "x"), "time span")],
)  # fmt: skip
def test_wrong_usage(home, words, said):
    """Exit 2, a sentence, nothing done."""
    found = home.run(*words)
    assert found.exit == 2
    assert said in found.err


def test_only_what_a_command_heeds_can_be_forced(home):
    """A charger that no command steers would stay as it is: refused, and those that can be forced are named."""
    text = home.config_path.read_text()
    section = text[text.index("[devices.car]") :].split("\n[")[0]
    home.write(text + "\n" + section.replace("[devices.car]", "[devices.guest]") + "\n")
    found = home.run("force", "guest", "5000")
    assert found.exit == 2
    assert "no command heeds" in found.err
    assert "can be forced: car." in found.err
    assert home.run("unforce", "guest").exit == 0


def test_a_dry_force_forces_nothing(home):
    """With -n it is only said."""
    home.json("force", "car", "-n")
    assert run(home)["reason"] == "surplus"


def test_several_looks_within_a_minute(home):
    """`--every 15 --for 55` looks four times, writes little, prints one object, and ends in time."""
    minutes(home, 1)
    asked = len([r for r in home.cloud.journal if "observations" in r.path])
    writes = len(home.cloud.writes)
    began = home.clock.monotonic()
    found = run(home, "--every", "15", "--for", "55")
    assert found["exit"] == 0
    assert home.clock.monotonic() - began <= 60
    looks = [r for r in home.cloud.journal[asked:] if "observations" in r.path]
    assert 4 <= len(looks) <= 6
    assert len(home.cloud.writes) - writes <= 3
    assert home.cloud.refused_429 == 0


def test_five_seconds_are_within_the_vendor_s_limits(home):
    """The original's period, for ten minutes: not one request too many."""
    for _ in range(10):
        assert run(home, "--every", "5", "--for", "55")["exit"] == 0
        home.clock.advance(minutes=0.05)
    assert home.cloud.refused_429 == 0


def test_departure_from_the_cheapest_hours(home):
    """Energy by a time: bought when it is cheap, said with its hours."""
    by = (home.clock.now() + timedelta(hours=2)).astimezone(ZoneInfo(ZONE))
    tariff = "[tariff]\nimport_price = 0.3\n"
    due = f'departure = {{ kwh = 60, by = "{by:%H:%M}" }}\n'
    home.sun.watts = 0
    home.configure(TABLE + AT_ONCE + due + tariff)
    found = run(home)
    assert (found["reason"], found["actions"][0]["to"]) == ("forced", 16)
    assert f"kWh are due by {by:%H:%M}" in found["because"]


def test_any_meter_and_battery_can_stand_in(tmp_path):
    """The Huawei is no condition: a SolaX cloud serves as well."""
    table = TABLE.replace("sun2000", "inverter") + AT_ONCE
    with served(tmp_path, "solax-cloud", "easee", tables=table) as home:
        home.emulators["solax-cloud"].pin(solar_w=8000, load_w=500, grid_w=-6900, battery_w=-600, soc_pct=95)
        charger = home.emulators["easee"].charger
        charger.circuit_a = [0.0] * 3
        home.clock.advance(minutes=1)
        found = run(home)
        assert (found["reason"], found["actions"][0]["to"]) == ("surplus", 10)
        home.house.advance(home.clock.now())
        assert charger.offered_a == 10


def test_a_dongle_that_hangs_up_again_and_again(home):
    """Two blocks to a connection are enough, with patience."""
    minutes(home, 2)
    home.inverter.faults.set("drop-after", 2)
    assert run(home)["reason"] == "surplus"


def test_one_connection_and_few_requests(home):
    """A usual run: one Modbus session with four blocks; one look at the charger, one write, its fate."""
    minutes(home, 2)
    connects, blocks, asked = home.inverter.connects, len(home.inverter.journal), len(home.cloud.journal)
    assert run(home)["exit"] == 0
    assert home.inverter.connects - connects == 1
    assert len(home.inverter.journal) - blocks == 4
    assert len(home.cloud.journal) - asked <= 5


def test_two_commands_at_once_share_the_one_connection(home):
    """The inverter takes one client: the second process waits for the first, nobody is thrown out."""
    home.inverter.journal.clear()
    connects = home.inverter.connects
    started = [home.process("device", "read", "sun2000") for _ in range(2)]
    codes = [(process.communicate(timeout=60), process.returncode)[1] for process in started]
    assert codes == [0, 0]
    assert home.inverter.connects - connects == 2
    assert {request.outcome for request in home.inverter.journal} == {"ok"}
