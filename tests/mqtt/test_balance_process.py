"""`solarctl balance` as a real process on a real mosquitto: what happens to the loads when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import time

from tests.mqtt.steady_house import Process, until


def test_the_heater_takes_the_sun_and_is_left_off(house):
    """The surplus ends in the heater; on SIGTERM every load goes to 0 and availability says offline."""
    with house.balance() as run:
        house.settled()
        assert house.ear.on("regul/status/availability")[-1] == "online"
        until(lambda: house.ear.status()["reason"] == "surplus", what="a status")
        told = len(house.ear.on("regul/status"))
        until(lambda: len(house.ear.on("regul/status")) > told, what="the next tick")
        code, out, _err = run.stop()
    assert code == 143
    assert "to spare" in out
    until(lambda: house.heater.percent == 0, what="the heater is off")
    until(lambda: house.ear.on("regul/status/availability")[-1] == "offline", what="offline")


def test_every_signal_leaves_the_loads_off(house):
    """SIGINT, SIGHUP, and SIGTERM three times over: the heater is off, and the exit code says what came."""
    for numbers, expected in (((signal.SIGINT,), 130), ((signal.SIGHUP,), 143), ((signal.SIGTERM,) * 3, 143)):
        with house.balance() as run:
            house.settled()
            for number in numbers:
                run.process.send_signal(number)
            code = run.end()[0]
        assert code == expected
        until(lambda: house.heater.percent == 0, what="off")


def test_a_silent_meter_switches_everything_off(house):
    """Though no message arrives any more, the unforced loads go to 0 within stale_after_s."""
    with house.balance() as run:
        house.settled()
        house.emulator.faults.set("house-silent")
        house.emulator.faults.set("solar-silent")
        until(lambda: house.heater.percent == 0, seconds=8, what="off in silence")
        house.emulator.faults.clear()
        house.settled()
        assert run.stop()[0] == 143


def test_hostile_payloads_are_ignored_and_counted(house):
    """Half JSON, NaN, words, absurd numbers and binary rubbish change nothing and are counted."""
    with house.balance() as run:
        house.settled()
        for fault in ("half-json", "not-a-number", "negative", "text", "read-error"):
            house.emulator.faults.set(fault, times=1)
        for payload in (
            "",
            "{",
            "[]",
            "null",
            "\x00\xff",
            '{"command": "force"}',
            '{"command":"force","name":"x"}',
            "[" * 9000,
        ):
            house.ear.say("regul/mode", payload)
        house.ear.say("regul/mode", {"command": "force", "name": "water-heater", "power": -5})
        house.ear.say("regul/mode", {"command": "force", "name": "water-heater", "power": "NaN"})
        until(lambda: house.ear.status()["ignored_payloads"] >= 15, what="counted")
        house.settled()
        assert run.process.poll() is None
        assert run.stop()[0] == 143


def test_retained_old_readings_are_not_trusted(house):
    """A retained reading of sunshine does not heat anything."""
    house.emulator.faults.set("house-silent")
    house.emulator.faults.set("solar-silent")
    house.ear.say("smeter/pzem/PRODUCTION", {"power": 4000}, retain=True)
    house.ear.say("smeter/pzem/CONSOMMATION", {"power": 100}, retain=True)
    with house.balance() as run:
        until(lambda: house.ear.on("regul/status"), what="a status")
        time.sleep(1.5)
        assert house.heater.percent == 0
        assert house.ear.status()["reason"] == "no-reading"
        assert run.stop()[0] == 143


def test_commands_are_not_retained(house):
    """A dimmer that restarts finds no percent waiting for it."""
    with house.balance() as run:
        house.settled()
        run.stop()
    assert not [one for one in house.ear.heard if one[0].endswith("/cmd") and one[2]]
    late = type(house.ear)(house.emulator.port)
    until(lambda: late.on("regul/status/availability"), what="what is retained")
    assert not late.on("regul/vload/ECS/cmd")
    late.stop()


def test_the_broker_is_killed_and_comes_back(house):
    """The loop lives through it, nothing old is delivered late, and the loads are told anew."""
    with house.balance() as run:
        house.settled()
        house.emulator.broker.kill()
        time.sleep(4)  # longer than stale_after_s: the rule has let go
        commands = len(house.emulator.vload.heard)
        house.emulator.broker.start()
        until(lambda: len(house.emulator.vload.heard) > commands, what="told anew")
        assert float(house.emulator.vload.heard[commands]) == 0, "the first word after the outage is the present one"
        house.settled()
        assert house.ear.on("regul/status/availability")[-1] == "online"
        assert run.stop()[0] == 143


def test_no_broker_at_the_start(house):
    """Without a broker the loop says so, waits, and begins when there is one."""
    house.emulator.broker.kill()
    with house.balance("--json") as run:
        first = json.loads(run.process.stdout.readline())
        assert first["errors"][0]["kind"] == "DeviceUnreachable"
        house.emulator.broker.start()
        house.settled()
        assert run.stop()[0] == 143


def test_force_by_topic_ends_by_itself(house):
    """Forced power overrules the sun until its end, and survives a silent meter."""
    with house.balance() as run:
        house.settled()
        house.ear.say("regul/mode", {"command": "force", "name": "Water-Heater", "power": 500, "duration": 6})
        until(lambda: 450 <= house.heater.power_w <= 510, what="forced")
        house.emulator.faults.set("house-silent")
        time.sleep(3.5)
        assert 450 <= house.heater.power_w <= 510
        house.emulator.faults.clear()
        house.settled()
        house.ear.say("regul/mode", {"command": "force", "name": "radiator"})
        until(lambda: house.radiator.on, what="radiator forced")
        until(lambda: [one["forced"] for one in house.ear.status()["equipments"]] == [False, True], what="told so")
        house.ear.say("regul/mode", {"command": "unforce", "name": "radiator"})
        until(lambda: not house.radiator.on, what="radiator released")
        assert run.stop()[0] == 143


def test_killed_with_minus_nine(house):
    """The last will says offline; the successor knows the forced end, the energies and the mode."""
    with house.balance() as run:
        house.settled()
        house.ear.say("regul/mode", {"command": "force", "name": "radiator", "duration": 600})
        until(lambda: house.radiator.on, what="forced")
        os.kill(run.process.pid, signal.SIGKILL)
        run.end()
    until(lambda: house.ear.on("regul/status/availability")[-1] == "offline", what="the last will")
    with house.balance() as run:
        until(lambda: house.ear.on("regul/status/availability")[-1] == "online", what="back")
        until(lambda: house.ear.status()["equipments"][1]["forced"], what="still forced")
        assert run.stop()[0] == 143


def test_handed_over_without_a_dip(house):
    """The successor of a `--for` run goes on from where it stood: the heater never falls."""
    with house.balance("--for", "4") as first:
        house.settled()
        low = house.heater.power_w
        with house.balance() as second:
            while first.process.poll() is None:
                low = min(low, house.heater.power_w)
                time.sleep(0.02)
            assert first.end()[0] == 0
            end = time.monotonic() + 2
            while time.monotonic() < end:
                low = min(low, house.heater.power_w)
                time.sleep(0.02)
            assert low > 1300
            assert house.ear.on("regul/status/availability")[-1] == "online"
            assert second.stop()[0] == 143


def test_a_second_balance_is_busy(house):
    """While one runs for ever, another one ends with 75 and says who holds the lease."""
    with house.balance() as run:
        house.settled()
        with house.balance("--for", "5") as second:
            code, _out, err = second.end()
        assert code == 75
        assert str(run.process.pid) in err
        assert run.stop()[0] == 143


def test_dry_run_looks_once_and_touches_nothing(house):
    """`--dry-run` says what it would do, sends no command and leaves no state."""
    with house.balance("--dry-run", "--json") as run:
        code, out, _err = run.end()
    row = json.loads(out)
    assert code == 0
    assert row["dry_run"] is True
    assert row["reason"] == "surplus"
    assert [one["outcome"] for one in row["actions"]] == ["dry-run", "dry-run"]
    assert not house.emulator.vload.heard
    assert not (house.folder / "state" / "state.json").exists()


def test_moments_are_in_the_houses_zone(house):
    """What devices on the broker said bears the house's own time, as everything else does."""
    with house.balance("--dry-run", "--json") as run:
        row = json.loads(run.end()[1])
    with Process(house.folder, "--json", command="status") as run:
        found = json.loads(run.end()[1])
    ats = [one["at"] for one in [*row["readings"], *found["devices"]] if one["at"]]
    assert len(ats) >= 5
    assert {at[-6:] for at in ats} == {row["at"][-6:]}
    assert row["at"][-6:] in ("+01:00", "+02:00")


def test_a_paused_balance_lets_go(house):
    """A pause brings the loads to 0 once and then leaves them alone."""
    with house.balance() as run:
        house.settled()
        with Process(house.folder, "balance", command="pause") as pause:
            assert pause.end()[0] == 0
        until(lambda: house.heater.percent == 0, what="let go")
        house.ear.say("regul/vload/ECS/cmd", "30")
        time.sleep(1.5)
        assert house.heater.percent == 30, "a person's own setting stands"
        assert run.stop()[0] == 143
