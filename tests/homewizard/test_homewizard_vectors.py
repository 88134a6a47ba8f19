"""HomeWizard's answers as their documentation has them, and what each says: values, and errors."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime
from typing import Any

import pytest

from solarctl.drivers.homewizard_pairing import _user_name
from solarctl.drivers.homewizard_tls import CA_FILE
from solarctl.drivers.homewizard_values import measured
from solarctl.errors import DeviceError, Exit
from solarctl.virtualhome.homewizard_certificates import KINDS
from solarctl.virtualhome.http_emulator import Response
from tests.fakes import NOON

EXPORTING = {
    "wifi_ssid": "Home", "wifi_strength": 100, "smr_version": 50, "meter_model": "ISKRA", "active_tariff": 2,
    "total_power_import_kwh": 13779.338, "total_power_import_t1_kwh": 10830.511, "total_power_import_t2_kwh": 2948.827,
    "total_power_export_kwh": 1234.567, "active_power_w": -543, "active_power_l1_w": -676, "active_power_l2_w": 133,
    "active_power_l3_w": 0, "active_current_l1_a": -4, "active_current_l2_a": 2, "active_current_l3_a": 0,
    "total_gas_m3": 2569.646, "gas_timestamp": 210606140010,
    "external": [{"unique_id": "x", "type": "gas_meter", "timestamp": 210606140010, "value": 2569.646, "unit": "m3"}],
    "montly_power_peak_w": 1111, "montly_power_peak_timestamp": 230101080010,
}  # fmt: skip
OLD_P1 = {
    "total_power_import_t1_kwh": 1.5, "total_power_import_t2_kwh": 2.25, "total_power_import_t3_kwh": 4.0,
    "total_power_import_t4_kwh": 0.001, "total_power_export_t1_kwh": 0.5, "total_power_export_t2_kwh": 0.25,
    "active_power_w": 457, "active_power_l1_w": 457,
}  # fmt: skip
SOCKET = {
    "wifi_strength": 94, "total_power_import_kwh": 63.651, "total_power_import_t1_kwh": 63.651,
    "total_power_export_kwh": 0, "total_power_export_t1_kwh": 0, "active_power_w": 1457.277,
    "active_power_l1_w": 1457.277,
}  # fmt: skip
KWH3 = {
    "total_power_import_kwh": 0.101, "total_power_import_t1_kwh": 0.101, "total_power_export_kwh": 23.456,
    "active_power_w": -900.194, "active_power_l1_w": -1058.295, "active_power_l2_w": 158.102, "active_power_l3_w": 0.0,
    "active_current_a": 30.999, "active_current_l1_a": 10.271, "active_current_l2_a": 10.0, "active_current_l3_a": 10.7,
}  # fmt: skip
P1_V2 = {
    "protocol_version": 50, "meter_model": "ISKRA", "timestamp": "2026-07-01T13:59:58", "energy_import_kwh": 13779.338,
    "energy_import_t1_kwh": 10830.511, "energy_export_kwh": 1234.567, "power_w": -543, "power_l1_w": -676,
    "power_l2_w": 133, "power_l3_w": 0, "current_l1_a": -4, "current_l2_a": 2, "current_l3_a": 0, "tariff": 2,
}  # fmt: skip
OLD_V2 = {"energy_import_t1_kwh": 1.5, "energy_import_t2_kwh": 2.25, "energy_export_t1_kwh": 0.5, "power_w": 3}
BATTERY = {
    "energy_import_kwh": 123.456, "energy_export_kwh": 123.456, "power_w": 123, "voltage_v": 228.472,
    "current_a": 0.273, "frequency_hz": 50.023, "state_of_charge_pct": 50, "cycles": 123,
}  # fmt: skip

# what is told, and: power, phases in W and A, counters in and out, charge
VALUES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("P1, exporting on three phases", EXPORTING, (-543, (-676, 133, 0), (-4, 2, 0), 13779.338, 1234.567, None)),
    ("P1 with registers only: their sum", OLD_P1, (457, (457,), None, 7.751, 0.75, None)),
    ("Energy Socket", SOCKET, (1457.277, (1457.277,), None, 63.651, 0, None)),
    ("three-phase kWh meter", KWH3, (-900.194, (-1058.295, 158.102, 0), (10.271, 10.0, 10.7), 0.101, 23.456, None)),
    ("P1 by v2", P1_V2, (-543, (-676, 133, 0), (-4, 2, 0), 13779.338, 1234.567, None)),
    ("v2 with registers only", OLD_V2, (3, None, None, 3.75, 0.5, None)),
    ("Plug-In Battery", BATTERY, (123, None, None, 123.456, 123.456, 50)),
    ("phases without a total", {"active_power_l1_w": 100, "active_power_l2_w": -50.5, "active_power_l3_w": 20},
     (69.5, (100, -50.5, 20), None, None, None, None)),
    ("a phase is missing", {"active_power_w": 5, "active_power_l1_w": 5, "active_power_l3_w": 2},
     (5, None, None, None, None, None)),
    ("nothing", {}, (None, None, None, None, None, None)),
    ("numbers as text", {"power_w": "12.5", "state_of_charge_pct": "40"}, (12.5, None, None, None, None, 40)),
    ("no charge at all", {"state_of_charge_pct": 128}, (None, None, None, None, None, None)),
    ("no numbers", {"power_w": None, "energy_import_kwh": "n/a"}, (None, None, None, None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_each_field_has_one_place(told, expected):
    """Each field of either API has one place; what is not told is not known, and never 0."""
    found = measured(told, NOON)
    assert (
        found.power_w, found.phases_w, found.phases_a, found.import_kwh, found.export_kwh, found.soc_pct
    ) == expected  # fmt: skip


def test_a_meters_clock_has_no_zone():
    """v2's moments are by the meter's wall clock, which is the house's; one that is ahead is now."""
    now = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC).astimezone(NOON.tzinfo)
    local = now.replace(tzinfo=None, microsecond=0)
    assert measured({"timestamp": local.replace(second=28).isoformat()}, now).at == now.replace(second=28)
    assert measured({"timestamp": local.replace(second=59).isoformat()}, now).at == now
    assert measured({"timestamp": "rubbish"}, now).at == now


# status, body, the error that comes of it, its exit code, and a word of what it says or hints
V1_ERRORS = [
    (403, {"error": {"id": 202, "description": "API not enabled"}}, "read", Exit.CONFIG, "Local API"),
    (403, None, "read", Exit.CONFIG, "Local API"),
    (400, {"error": {"id": 8, "description": "parameter is not modifiable"}}, "off", Exit.REFUSED, "lock"),
    (400, {"error": {"id": 7, "description": "value out of range"}}, "off", Exit.REFUSED, "does not take"),
    (400, {"error": {"id": 2, "description": "body contains invalid json"}}, "off", Exit.REFUSED, "does not take"),
    (400, {"error": {"id": 201, "description": "request too large"}}, "read", Exit.NONSENSE, "400"),
    (400, {"error": {"id": 901, "description": "internal error"}}, "read", Exit.TRY_AGAIN, "out of order"),
    (500, {"error": {"id": 901, "description": "internal error"}}, "read", Exit.TRY_AGAIN, "out of order"),
    (503, None, "read", Exit.TRY_AGAIN, "out of order"),
    (404, None, "read", Exit.CONFIG, "kind"),
    (418, {"error": {"id": 77}}, "read", Exit.NONSENSE, "418"),
]
V2_ERRORS = [
    (401, {"error": "user:unauthorized"}, "read", Exit.LOGIN, "button"),
    (401, {"error": {"code": "user:unauthorized"}}, "read", Exit.LOGIN, "button"),
    (403, {"error": "user:creation-not-enabled"}, "read", Exit.LOGIN, "user:creation-not-enabled"),
    (400, {"error": "request:api-version-not-supported"}, "read", Exit.NONSENSE, "api-version"),
    (400, {"error": "request:internal-server-error"}, "read", Exit.TRY_AGAIN, "out of order"),
    (500, {"error": "request:internal-server-error"}, "read", Exit.TRY_AGAIN, "out of order"),
    (503, {"error": "telegram:no-telegram-received"}, "read", Exit.TRY_AGAIN, "out of order"),
    (404, {"error": "request:not-found"}, "read", Exit.CONFIG, "kind"),
    (400, {"error": "json:parameter-invalid-type:mode"}, "mode", Exit.REFUSED, "json:parameter-invalid-type"),
    (400, {"error": "json:parameter-not-exclusive"}, "mode", Exit.REFUSED, "json:parameter-not-exclusive"),
]


@pytest.mark.parametrize(
    ("v2", "row"), [(False, row) for row in V1_ERRORS] + [(True, row) for row in V2_ERRORS], ids=str
)
def test_every_documented_error_says_what_to_do(shelf, v2, row):
    """Every documented error says what to do next, and is repeated only where that can help."""
    status, body, ask, code, word = row
    name = "boiler-socket" if ask == "off" else "p1"
    server = (shelf.made.secure if v2 else shelf.made.plain)[name]
    answer = server.handle

    def failing(request: Any) -> Response:
        if request.path in ("/api", "/api/"):
            return answer(request)
        if ask != "read" and request.method == "GET":
            return answer(request)
        return Response(status) if body is None else Response.of(body, status)

    server.handle = failing
    driver = shelf.open(name, v2=v2)
    asks = {"read": driver.read_grid, "off": lambda: driver.switch(False), "mode": lambda: driver.set_mode("zero")}
    with pytest.raises(DeviceError) as caught:
        asks[ask]()
    assert caught.value.exit_code == code
    assert word in f"{caught.value} {caught.value.hint}"
    asked = [one for one in server.journal if one.status == status]
    assert len(asked) == (2 if status >= 500 else 1)


def test_the_shipped_ca():
    """It is HomeWizard's: by its fingerprint, its name, and how long it holds."""
    der = ssl.PEM_cert_to_DER_cert(CA_FILE.read_text())
    assert hashlib.sha256(der).hexdigest() == "4ec277e62033fae8bc373e3f2a976676d3f665683873f1ea8e3bdf78ac680003"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=CA_FILE)
    (found,) = context.get_ca_certs()
    assert ("commonName", "Appliance Access CA") in [pair for part in found["subject"] for pair in part]
    assert (found["version"], found["notBefore"][-8:-4], found["notAfter"][-8:-4]) == (1, "2021", "2031")


def test_the_kinds_in_certificates():
    """The emulators' certificates bear the names that HomeWizard's do."""
    assert KINDS["HWE-P1"] == "p1dongle"
    assert KINDS["HWE-SKT"] == "energysocket"
    assert KINDS["HWE-BAT"] == "battery"
    assert {KINDS["HWE-KWH1"], KINDS["HWE-KWH3"]} == {"energymeter"}


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("local/solarctl", "local/solarctl"),
        ("Küche & Keller", "local/K-che - Keller"),
        ("a" * 60, "local/" + "a" * 40),
        ("", "local/solarctl"),
        (r"a/b\c#d e_f-9", r"local/a/b\c#d e_f-9"),
    ],
)
def test_a_users_name(wish, name):
    """What devices take as a user's name: 1 to 40 letters, digits and a few signs."""
    assert _user_name(wish) == name
