"""Drivers that are not ours: what fails inside them is that device's trouble, told by their name, no bug of ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solarctl.capabilities import CAPABILITIES
from solarctl.errors import DeviceReplyError, SolarctlError
from solarctl.readings import Reading

NO_READINGS = ("read_day", "read_data_points")


def guarded(cls: type, driver: str, name: str) -> type:
    """Return a class like `cls` whose capabilities' methods raise nothing but our errors, for one device."""
    offered = {method for one in CAPABILITIES for method in vars(one) if not method.startswith("_")} | {"measured"}
    methods = {
        method: _guarded(method, getattr(cls, method), driver, name)
        for method in sorted(offered)
        if callable(getattr(cls, method, None))
    }
    return type(cls.__name__, (cls,), methods | {"__module__": cls.__module__})


def _guarded(method: str, original: Callable[..., Any], driver: str, name: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            found = original(self, *args, **kwargs)
        except SolarctlError:
            raise
        except Exception as error:  # somebody else's code may fail in any way; it must not look like our bug
            raise DeviceReplyError(name, failed(driver, error), hint=where(error)) from error
        if method.startswith("read_") and method not in NO_READINGS and not isinstance(found, Reading):
            raise DeviceReplyError(name, f"{driver} failed ({method} gives {type(found).__name__}, no reading)")
        return found

    return call


def failed(driver: str, error: Exception) -> str:
    """Return the sentence for a driver that fails.

    >>> failed("my_house.boiler:Boiler", KeyError("onn"))
    "my_house.boiler:Boiler failed (KeyError: 'onn')"
    """
    return f"{driver} failed ({type(error).__name__}: {error})"


def where(error: Exception) -> str:
    """Return where in somebody's file it happened."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"Look at {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}."
