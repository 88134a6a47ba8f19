"""The catalogue keeps its promises: each row's class offers what the row says, and costs nothing until it is used."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import solarctl.drivers
from solarctl.capabilities import CAPABILITIES, BatteryMeter, DeviceMeter, Switch
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError

VENDOR_LIBRARIES = ("requests", "urllib3", "httpx", "pymodbus", "paho", "ssl", "asyncio", "rich", "holidays", "sqlite3")
ROWS = [("driver", name) for name in catalogue.DRIVERS] + [("service", name) for name in catalogue.SERVICES]


def load(kind: str, name: str) -> type:
    found = catalogue.load_driver(name) if kind == "driver" else catalogue.load_service(name)
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_each_class_offers_what_its_row_says(kind: str, name: str) -> None:
    """No capability too few, none forgotten in the row."""
    promised = catalogue.capabilities(name) if kind == "driver" else catalogue.service_capabilities(name)
    assert set(catalogue.offered(load(kind, name))) == set(promised)


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_each_class_is_built_alike(kind: str, name: str) -> None:
    """Settings are a frozen dataclass; the constructor takes name, settings, context."""
    cls = load(kind, name)
    settings = cls.Settings  # type: ignore[attr-defined]
    assert dataclasses.is_dataclass(settings)
    assert settings.__setattr__ is not object.__setattr__, "frozen: nobody changes settings"
    assert list(inspect.signature(cls.__init__).parameters) == ["self", "name", "settings", "context"]


def test_no_driver_imports_a_vendors_library() -> None:
    """Settings of every driver can be decoded without requests, pymodbus, paho, ssl or asyncio."""
    names = [f"solarctl.drivers.{module.name}" for module in pkgutil.walk_packages(solarctl.drivers.__path__)]
    program = f"""
import importlib, json, sys
loaded = {{}}
for name in {names!r}:
    importlib.import_module(name)
    for library in {VENDOR_LIBRARIES!r}:
        if library in sys.modules:
            loaded.setdefault(library, name)
print(json.dumps(loaded))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == {}


def test_the_catalogue_imports_no_driver() -> None:
    """What a driver offers is known without importing it."""
    program = """
import sys
from solarctl.drivers import catalogue
for name in catalogue.DRIVERS: catalogue.capabilities(name)
for name in catalogue.SERVICES: catalogue.service_capabilities(name)
print([name for name in sys.modules if name.startswith("solarctl.drivers.") and not name.endswith("catalogue")])
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("solax_cloud", "solax-cloud"), ("tuya", "tuya-switch"), ("zzz", "There are:"), ("", "There are:")],
)
def test_an_unknown_driver(name: str, hint: str) -> None:
    """A misspelt driver is told the nearest one, or all."""
    with pytest.raises(ConfigError) as caught:
        catalogue.load_driver(name)
    assert hint in caught.value.hint


BOILER = """
from dataclasses import dataclass

class Boiler:
    @dataclass(frozen=True)
    class Settings:
        pin: int = 4

    def __init__(self, name, settings, context):
        self.name = name

    def read_switch(self): ...
    def switch(self, on): return True
    def read_device(self): ...

class NotOne: ...
"""


def test_a_driver_of_your_own(tmp_path: Path) -> None:
    """A class beside the config needs no row; what it offers is seen from its methods."""
    (tmp_path / "my_house_b").mkdir()
    (tmp_path / "my_house_b" / "boiler.py").write_text(BOILER)
    cls = catalogue.load_driver("my_house_b.boiler:Boiler", beside=tmp_path)
    assert cls("b", cls.Settings(), None).name == "b"
    assert set(catalogue.capabilities("my_house_b.boiler:Boiler")) == {Switch, DeviceMeter}
    assert BatteryMeter in CAPABILITIES


@pytest.mark.parametrize(
    "name",
    [
        "my_house_b.attic:Boiler",
        "my_house_c.broken:Boiler",
        "my_house_c.good:NotOne",
        "my_house_c.good:Nothing",
        ":",
        "a:",
        ":b",
    ],
)
def test_a_driver_of_your_own_that_fails(tmp_path: Path, name: str) -> None:
    """Whatever is wrong with somebody's file, the config is told, without a traceback."""
    (tmp_path / "my_house_c").mkdir()
    (tmp_path / "my_house_c" / "broken.py").write_text("import no_such_module_anywhere\n")
    (tmp_path / "my_house_c" / "good.py").write_text(BOILER)
    with pytest.raises(ConfigError) as caught:
        catalogue.load_driver(name, beside=tmp_path)
    assert caught.value.hint
