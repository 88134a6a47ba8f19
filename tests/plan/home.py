"""A home whose devices say what stands in files: a forecast, a meter, a battery, sockets, a market."""

from __future__ import annotations

import json
from pathlib import Path

from solarctl.context import Context
from solarctl.errors import DeviceUnreachable
from solarctl.readings import BatteryReading, ForecastReading, GridReading, PriceReading, SwitchReading
from solarctl.settings import setting
from solarctl.value import value


@value
class Words:
    file: Path = setting(help="what the device says")


class Told:
    """A device that says what stands in its file; an empty file is silence."""

    Settings = Words

    def __init__(self, name: str, settings: Words, context: Context) -> None:
        self._name, self._file, self._context = name, settings.file, context

    def said(self):
        text = self._file.read_text() if self._file.exists() else ""
        if not text:
            raise DeviceUnreachable(self._name, "no answer")
        return json.loads(text)


class Sun(Told):
    def read_production(self, start, end, *, slot_min):
        count = round((end - start).total_seconds() / 60 / slot_min)
        watts = self.said()
        row = tuple(float(watts[(start.hour * 60 + start.minute + i * slot_min) // 60 % 24]) for i in range(count))
        return ForecastReading(at=self._context.now(), start=start, slot_min=slot_min, solar_w=row, source="file")


class Meter(Told):
    def read_grid(self):
        return GridReading(at=self._context.now(), grid_w=self.said())


class Battery(Told):
    def read_battery(self):
        return BatteryReading(at=self._context.now(), soc_pct=self.said(), battery_w=0.0)


class Market(Told):
    def read_prices(self, start, end, *, slot_min):
        count = round((end - start).total_seconds() / 60 / slot_min)
        prices = self.said()
        row = tuple(prices[(start.hour * 60 + start.minute + i * slot_min) // 60 % 24] for i in range(count))
        return PriceReading(at=self._context.now(), price=row[0], start=start, slot_min=slot_min, prices=row)


class Socket(Told):
    def read_switch(self):
        return SwitchReading(at=self._context.now(), on=self.said())

    def switch(self, on):
        self._file.write_text(json.dumps(on))
        return True


SUMMER = [
    0,
    0,
    0,
    0,
    0,
    100,
    300,
    700,
    1300,
    2000,
    2700,
    3200,
    3500,
    3500,
    3200,
    2700,
    2000,
    1300,
    700,
    300,
    100,
    0,
    0,
    0,
]
PRICES = [0.2] * 6 + [0.35] * 3 + [0.2] * 3 + [0.08] * 4 + [0.2] * 2 + [0.5] * 4 + [0.2] * 2


def tables(folder: Path, plan: str = "", *, battery: bool = False, market: bool = False) -> str:
    """Write what everybody says and return the config."""
    told = {"sun": ("Sun", SUMMER), "p1": ("Meter", 210.0), "boiler": ("Socket", False), "bike": ("Socket", False)}
    told |= {"battery": ("Battery", 50.0)} if battery else {}
    told |= {"market": ("Market", PRICES)} if market else {}
    parts = []
    for name, (kind, words) in told.items():
        (folder / f"{name}.json").write_text(json.dumps(words))
        parts.append(f'[devices.{name}]\ndriver = "tests.plan.home:{kind}"\nfile = "{name}.json"\n')
    prices = 'prices = "market"\n' if market else ""
    parts.append(f'[tariff]\ncurrency = "EUR"\nimport_price = 0.25\nexport_price = 0.05\n{prices}')
    with_battery = 'battery = "battery"' if battery else ""
    polish = "" if "polish_s" in plan else "polish_s = 0\n"
    parts.append(f'[plan]\nforecast = "sun"\ngrid = "p1"\n{with_battery}\n{polish}{plan}')
    parts.append('[[plan.devices]]\ndevice = "boiler"\npower_w = 2000\ncapacity_kwh = 4.0\n')
    parts.append('[[plan.devices]]\ndevice = "bike"\npower_w = 200\ncapacity_kwh = 0.5\ndaily_need = false\n')
    return "\n".join(parts)
