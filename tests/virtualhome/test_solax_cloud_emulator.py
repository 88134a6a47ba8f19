"""SolaxCloud's emulator over the wire: values and signs, odd envelopes, limits, and each fault by name."""

from __future__ import annotations

import http.client
import json
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud
from solarctl.virtualhome.house import House

UTC = ZoneInfo("UTC")
Ask = Callable[..., Any]


def test_values_are_the_houses_in_solax_signs(house: House, solax: SolaxCloud, ask_solax: Ask) -> None:
    """Charging and export are positive, and acpower − feedinpower is the house's load."""
    solax.pin(solar_w=3416, battery_w=17, grid_w=-2860, load_w=573, soc=100.0)
    reply = ask_solax().json()
    assert reply["success"] is True
    assert reply["code"] == 0
    assert reply["exception"] == "operation success"
    values = reply["result"]
    assert values["acpower"] == 3433.0
    assert values["feedinpower"] == 2860.0
    assert values["batPower"] == -17.0
    assert values["powerdc1"] + values["powerdc2"] == 3416
    assert values["powerdc3"] is None
    assert values["soc"] == 100.0
    assert values["sn"] == solax.serial


def test_uploads_come_every_five_minutes_in_the_plants_time(
    house: House, solax: SolaxCloud, clock: DrivenClock, ask_solax: Ask
) -> None:
    """At 12:02 the upload of 12:00 is shown, with the values of then, until 12:05."""
    seen = []
    for _minute in range(4):
        values = ask_solax().json()["result"]
        seen.append((values["uploadTime"], values["utcDateTime"]))
        clock.sleep(60)
    assert seen[:3] == [("2026-06-21 12:00:00", "2026-06-21T09:00:00Z")] * 3
    assert seen[3] == ("2026-06-21 12:05:00", "2026-06-21T09:05:00Z")
    upload = solax.upload()
    house.advance(clock.now() + timedelta(seconds=1))
    assert upload.at == datetime(2026, 6, 21, 12, 5, tzinfo=ZoneInfo("Europe/Kyiv"))


def test_v1_has_no_zone_and_a_wrong_utc(ask_solax: Ask) -> None:
    """v1's utcDateTime is computed as if the plant were in China; its success text sits in `exception`."""
    reply = ask_solax(1).json()
    assert reply["exception"] == "Query success!"
    assert reply["result"]["uploadTime"] == "2026-06-21 12:00:00"
    assert reply["result"]["utcDateTime"] == "2026-06-21T04:00:00Z"


def test_a_house_without_battery(house: House, ask_solax: Ask) -> None:
    """v1 says null, v2 says 0.0."""
    house.battery = None
    assert ask_solax(1).json()["result"]["soc"] is None
    assert ask_solax(2).json()["result"]["soc"] == 0.0


def test_off_grid_shows_in_the_inverters_status(house: House, clock: DrivenClock, ask_solax: Ask) -> None:
    """107 while the relay is off, 102 with the grid."""
    assert ask_solax().json()["result"]["inverterStatus"] == "107"
    house.connect_grid(True)
    clock.sleep(300)
    values = ask_solax().json()["result"]
    assert values["inverterStatus"] == "102"
    assert values["batPower"] > 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_wrong_token_is_echoed(ask_solax: Ask, version: int) -> None:
    """The reply repeats the secret: it must be redacted by whoever logs."""
    reply = ask_solax(version, token="1234").json()
    assert reply == {"success": False, "exception": "token invalid!", "code": 103, "tokenId": "1234"}


def test_a_foreign_serial(ask_solax: Ask) -> None:
    """v1 says success-like words and a text as result; v2 says 1003."""
    assert ask_solax(1, serial="H34A10").json() == {
        "success": False,
        "exception": "Query success!",
        "result": "this sn did not access!",
    }
    reply = ask_solax(2, serial="H34A10").json()
    assert (reply["exception"], reply["code"], reply["result"]) == ("no auth!", 1003, None)


def test_more_than_ten_calls_a_minute_are_refused_and_insisting_blocks_for_an_hour(
    solax: SolaxCloud, clock: DrivenClock, ask_solax: Ask
) -> None:
    """104 first; after several violations in a row an hour's silence, which ends."""
    assert all(ask_solax().json()["success"] for _ in range(10))
    first = ask_solax().json()
    assert (first["code"], first["exception"]) == (104, "Request calls within the current minute > threshold")
    for _ in range(4):
        ask_solax()
    blocked = ask_solax().json()
    assert "prohibit calls within the next hour" in blocked["exception"]
    assert (blocked["code"], blocked["tokenId"]) == (1, solax.token)
    clock.sleep(59 * 60)
    assert ask_solax().json()["success"] is False
    clock.sleep(60)
    assert ask_solax().json()["success"] is True


def test_strict_limit_allows_three_calls_in_five_minutes(solax: SolaxCloud, clock: DrivenClock, ask_solax: Ask) -> None:
    """As some accounts have seen."""
    solax.faults.set("strict-limit")
    answers = []
    for _ in range(4):
        answers.append(ask_solax().json()["success"])
        clock.sleep(30)
    assert answers == [True, True, True, False]
    clock.sleep(240)
    assert ask_solax().json()["success"] is True


def _result(reply: Any) -> Any:
    return reply.json()["result"]


SAYS: list[tuple[str, Any, Callable[[Any], object], object]] = [
    ("no-auth", True, lambda r: r.json()["code"], 1003),
    ("token-invalid", True, lambda r: r.json()["code"], 103),
    ("error-code", 2002, lambda r: (r.json()["code"], r.json()["exception"]), (2002, "Data not exist")),
    ("rate-minute", 3, lambda r: r.json()["code"], 3),
    ("rate-5min", True, lambda r: "maximum call threshold" in r.json()["exception"], True),
    ("hour-block", True, lambda r: "prohibit calls" in r.json()["exception"], True),
    ("upload-age", 1800, lambda r: _result(r)["utcDateTime"], "2026-06-21T08:32:00Z"),
    ("null-soc", True, lambda r: _result(r)["soc"], None),
    ("missing-soc", True, lambda r: "soc" in _result(r), False),
    ("zero-soc", True, lambda r: (_result(r)["soc"], _result(r)["batPower"]), (0.0, 0.0)),
    ("soc-glitch", True, lambda r: (_result(r)["soc"], _result(r)["batPower"] != 0), (0.0, True)),
    ("soc-text", True, lambda r: isinstance(_result(r)["soc"], str), True),
    ("soc-minus-one", True, lambda r: _result(r)["soc"], -1),
    ("soc-101", True, lambda r: _result(r)["soc"], 101),
    ("soc-value", 14.9, lambda r: _result(r)["soc"], 14.9),
    ("battery-fault", True, lambda r: _result(r)["batStatus"], "1"),
    ("battery-disconnected", True, lambda r: _result(r)["batStatus"], "2"),
    ("future-upload", True, lambda r: _result(r)["uploadTime"], "2026-06-22 12:02:00"),
    ("year-0001", True, lambda r: _result(r)["utcDateTime"], "0001-01-01T00:00:00Z"),
    ("no-dates", True, lambda r: {"uploadTime", "utcDateTime"} & set(_result(r)), set()),
    ("odd-dates", True, lambda r: _result(r)["uploadTime"], "yesterday"),
    ("utc-missing", True, lambda r: ("utcDateTime" in _result(r), "uploadTime" in _result(r)), (False, True)),
    ("extended", True, lambda r: ("inverterSn" in _result(r), _result(r)["batcycle"]), (True, "212")),
    ("numbers-as-text", True, lambda r: isinstance(_result(r)["acpower"], str), True),
    ("wrong-types", True, lambda r: isinstance(_result(r)["soc"], dict), True),
    ("nulls", True, lambda r: (_result(r)["soc"], _result(r)["acpower"]), (None, None)),
    ("result-null", True, lambda r: (r.json()["success"], _result(r)), (True, None)),
    ("result-list", True, _result, []),
    ("result-text", True, lambda r: isinstance(_result(r), str), True),
    ("inverter-status", 104, lambda r: _result(r)["inverterStatus"], "104"),
    ("http-500", True, lambda r: r.status, 500),
    ("http-503", True, lambda r: (r.status, b"<html>" in r.body), (503, True)),
    ("http-429", 90, lambda r: (r.status, r.headers["Retry-After"]), (429, "90")),
    ("html-200", True, lambda r: (r.status, r.body[:6]), (200, b"<html>")),
    ("redirect", True, lambda r: (r.status, "elsewhere" in r.headers["Location"]), (302, True)),
    ("empty-body", True, lambda r: (r.status, r.body), (200, b"")),
    ("half-json", True, lambda r: (r.status, r.body[:1], r.body[-1:] == b"}"), (200, b"{", False)),
    ("slow", 0.01, lambda r: r.json()["success"], True),
]


@pytest.mark.parametrize(("fault", "value", "look", "expected"), SAYS, ids=[row[0] for row in SAYS])
def test_faults_do_what_they_say(
    solax: SolaxCloud, ask_solax: Ask, fault: str, value: Any, look: Callable[[Any], object], expected: object
) -> None:
    """While it is on, the reply shows it; the next one after `times=1` does not."""
    solax.pin(battery_w=300, soc_pct=40)
    solax.faults.set(fault, value, times=1)
    assert look(ask_solax()) == expected
    solax.limiter.blocked_until = None
    assert _result(ask_solax())["soc"] == 40


def test_a_torn_line_breaks_in_the_middle(solax: SolaxCloud, ask_solax: Ask) -> None:
    """Less comes than was announced."""
    solax.faults.set("torn")
    with pytest.raises(http.client.IncompleteRead):
        ask_solax()


def test_a_frozen_upload_stays_with_success(solax: SolaxCloud, clock: DrivenClock, ask_solax: Ask) -> None:
    """A dead dongle says the same forever, and the cloud calls it a success."""
    before = _result(ask_solax())
    solax.faults.set("frozen-upload")
    clock.sleep(3600)
    assert _result(ask_solax()) == before
    solax.faults.clear()
    clock.sleep(300)
    assert _result(ask_solax())["uploadTime"] == "2026-06-21 13:05:00"


def test_every_fault_is_tried() -> None:
    """A fault without a test is a promise without a hand."""
    elsewhere = {"torn", "frozen-upload", "strict-limit"}
    assert {row[0] for row in SAYS} | elsewhere == set(SolaxCloud.FAULTS)


def test_the_config_is_toml_and_the_secret_is_in_a_file(solax: SolaxCloud) -> None:
    """`config` and `secrets` belong together."""
    config = tomllib.loads(solax.config())
    assert config["accounts"]["solax"]["base_url"] == solax.url
    assert config["devices"]["inverter"] == {"driver": "solax-cloud", "account": "solax", "serial": solax.serial}
    assert solax.secrets()[config["accounts"]["solax"]["token"]["file"]].strip() == solax.token
    assert solax.token not in solax.config()


def test_unknown_paths_are_not_found(solax: SolaxCloud) -> None:
    """HTTP 404 with a page, as a web server does."""
    connection = http.client.HTTPConnection(solax.url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/api/v2/else", body=json.dumps({}))
    assert connection.getresponse().status == 404
    connection.close()
    assert solax.journal[-1].status == 404
