"""One signed meter of another driver, asked over HTTP, with loads on the broker."""

from __future__ import annotations

from typing import ClassVar

from solarctl.virtualhome.clock import HouseClock
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from tests.mqtt.steady_house import until


class P1(HttpEmulator):
    """A HomeWizard P1 at the street."""

    name: ClassVar[str] = ""
    dead = False

    def handle(self, request: Request) -> Response:
        if self.dead:
            return Response(503)
        if request.path == "/api":
            return Response.of(
                {"product_type": "HWE-P1", "product_name": "P1", "serial": "aabbccddeeff", "api_version": "v1"}
            )
        watts = round(self.home.load_w - self.home.solar_w)
        return Response.of(
            {
                "active_power_w": watts,
                "active_power_l1_w": watts,
                "total_power_import_kwh": 10.0,
                "total_power_export_kwh": 5.0,
            }
        )


def test_a_signed_meter_over_http(house):
    """The heater takes what the street meter shows as export; a meter that falls silent switches it off."""
    meter = P1(house.steady, HouseClock()).start()
    path = house.folder / "config.toml"
    text = path.read_text().replace('load = "house-meter"\nsolar = "pv-meter"', 'grid = "p1"\npoll_s = 0.5')
    path.write_text(text + f'\n[devices.p1]\ndriver = "homewizard"\nbase_url = "{meter.url}"\n')
    try:
        with house.balance() as run:
            house.settled()
            until(lambda: -120 <= (house.ear.status()["injection"] or -999) <= 0, what="grid power in the status")
            meter.dead = True
            until(lambda: house.heater.percent == 0, what="off in silence")
            code, _out, _err = run.stop()
        assert code == 143
    finally:
        meter.stop()
