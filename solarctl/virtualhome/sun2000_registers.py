"""The registers of a SUN2000, as far as the emulated one has them.

High word first; Huawei's signs: export and charging are positive. What an older model or one without a battery does
not have, is not there: a block that crosses such a hole is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Protocol

from solarctl.virtualhome.emulator import Faults
from solarctl.virtualhome.house import House

MODEL = "SUN2000-10KTL-M1"
SERIAL = "HV0000000042"
BIG = 0x7FFFFFFF
METER_BLOCK = range(37101, 37139)
SUM_BLOCK = range(37758, 37788)
UNIT_BLOCK = range(37000, 37070)


class Dongle(Protocol):
    """What the registers are made from."""

    @property
    def home(self) -> House: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def units(self) -> Mapping[int, float]: ...
    @property
    def pinned(self) -> Mapping[str, Any]: ...
    @property
    def volts(self) -> float: ...


def registers(dongle: Dongle, unit: int) -> dict[int, int]:
    """Return every register this unit knows, as words."""
    first = unit == next(iter(dongle.units))
    house, pinned = dongle.home, dongle.pinned
    asleep = dongle.faults.take("standby")
    solar_w = 0.0 if asleep else pinned.get("solar_w", house.solar_w) * dongle.units[unit]
    battery_w = pinned.get("battery_w", house.battery_w) if first else 0.0
    grid_w = pinned.get("grid_w", house.grid_w)
    soc_pct = pinned.get("soc_pct", house.soc_pct)
    if not first or dongle.faults.take("no-battery"):
        soc_pct = None
    words: dict[int, int] = {}
    _text(words, 30000, 15, MODEL)
    _text(words, 30015, 10, SERIAL if first else SERIAL[:-1] + str(unit % 10))
    for register in range(30025, 30090):
        words[register] = 0
    _long(words, 30073, 10_000)
    for register in range(32000, 32120):
        words[register] = 0
    words[32000] = 0x0006
    _long(words, 32064, solar_w)
    for register in (32069, 32070, 32071):
        words[register] = round(dongle.volts * 10)
    _long(words, 32080, solar_w + battery_w)
    words[32085] = 5000
    words[32089] = 0xA000 if asleep else 0x0200
    _long(words, 32114, house.today.solar_kwh * 100)
    words[37100] = pinned.get("meter", 1 if first else 0)
    _meter(dongle, words, grid_w, pinned.get("phases_w"))
    if soc_pct is not None:
        _battery(words, battery_w, soc_pct)
    if dongle.faults.take("no-sum-block"):
        for register in SUM_BLOCK:
            words.pop(register, None)
    for register in dongle.faults.take("unknown-registers") or ():
        words.pop(register, None)
    if sentinels := dongle.faults.take("no-value"):
        _without_values(words, sentinels)
    words.update(dongle.faults.take("register") or {})
    return words


def _meter(dongle: Dongle, words: dict[int, int], grid_w: float, phases_w: tuple[float, ...] | None) -> None:
    for register in METER_BLOCK:
        words[register] = 0
    shares = dongle.home.phases if len(dongle.home.phases) == 3 else (1 / 3,) * 3
    exports_w = [-power_w for power_w in phases_w] if phases_w else [-grid_w * share for share in shares]
    for index, export_w in enumerate(exports_w):
        _long(words, 37101 + 2 * index, dongle.volts * 10)
        _long(words, 37107 + 2 * index, export_w / dongle.volts * 100)
        _long(words, 37132 + 2 * index, export_w)
        _long(words, 37126 + 2 * index, dongle.volts * 17.32)
    _long(words, 37113, -grid_w)
    words[37117], words[37118], words[37125], words[37138] = 1000, 5000, 1, 1
    total = dongle.home.total
    _long(words, 37119, total.export_kwh * 100)
    _long(words, 37121, total.import_kwh * 100)


def _battery(words: dict[int, int], battery_w: float, soc_pct: float) -> None:
    for register in (*UNIT_BLOCK, *SUM_BLOCK):
        words[register] = 0
    words[37000] = words[37762] = 2
    _long(words, 37001, -battery_w)
    words[37003] = words[37763] = 4000
    words[37004] = words[37760] = round(soc_pct * 10)
    _long(words, 37046, 5000)
    _long(words, 37048, 5000)
    _long(words, 37758, 10_000)
    _long(words, 37765, -battery_w)


def _without_values(words: dict[int, int], which: Any) -> None:
    longs = {32064, 32080, 37001, 37113, 37765, *range(37101, 37113, 2), *range(37126, 37138, 2)}
    for register in [*words] if which is True else which:
        if register in longs:
            _long(words, register, BIG)
        elif which is not True or register not in {r + 1 for r in longs}:
            words[register] = 0x7FFF if register in (37764, 32087) else 0xFFFF
    if which is True:
        words[37100] = 1


def _long(words: dict[int, int], address: int, value: float) -> None:
    words[address], words[address + 1] = divmod(round(value) & 0xFFFFFFFF, 0x10000)


def _text(words: dict[int, int], address: int, count: int, text: str) -> None:
    raw = text.encode("ascii").ljust(2 * count, b"\0")
    for index, word in enumerate(struct.unpack(f">{count}H", raw)):
        words[address + index] = word
