"""The recommended schedule asks no vendor for more than it gives, whatever is in the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from solarctl.drivers import honeywell_tcc, tuya
from solarctl.schedule.lint_devices import RECORDED_MIN

EXAMPLE = Path(__file__).parents[2] / "config.toml.example"
MORE = """
[devices.room-{0}]
driver = "honeywell-tcc"
account = "honeywell"
device_id = {0}
"""
RELAY = """
[devices.socket-{0}]
driver = "tuya-switch"
account = "tuya"
device_id = "socket{0}"
"""


def everything(thermostats: int, relays: int) -> str:
    """The example with all that solarctl can do, and so many thermostats that are stepped, and relays of Tuya's."""
    rooms = [f"room-{number}" for number in range(2, thermostats + 1)]
    names = ", ".join(f'"{name}"' for name in ["hall", *rooms])
    text = EXAMPLE.read_text().replace('thermostats = ["hall"]', f"thermostats = [{names}]")
    text += "".join(MORE.format(number) for number in range(2, thermostats + 1))
    return text + "".join(RELAY.format(number) for number in range(2, relays + 1))


@pytest.mark.parametrize(("thermostats", "relays"), [(1, 1), (2, 2), (4, 3)])
def test_the_recommended_schedule_passes_its_own_check(house, cron, thermostats, relays):
    """What `crontab install` writes for a house with everything, `crontab check` has no error about."""
    house.write(everything(thermostats, relays))
    for name in ("solax.secret", "tuya.secret", "easee.secret", "tesla.secret", "honeywell.secret", "mail.secret"):
        (house.folder / name).write_text("not-a-secret")
        (house.folder / name).chmod(0o600)
    house.run("crontab", "install")
    answer = house.json("crontab", "check")
    said = [one["message"] for one in answer["problems"]]
    assert answer["exit"] == 0, said
    assert not any("times a day" in one for one in said)


def test_the_check_counts_what_record_asks():
    """The intervals that the check counts with are those at which the drivers let `record` ask."""
    for service, shared_s in (("honeywell-tcc", honeywell_tcc.SHARED_S), ("tuya", tuya.SHARED_S)):
        assert RECORDED_MIN[service] * 60 - 60 < shared_s < RECORDED_MIN[service] * 60
