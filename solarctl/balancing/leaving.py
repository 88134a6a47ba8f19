"""How the loads are left: at their safe level, whatever comes in between, and remembered so."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from solarctl.errors import StateError
from solarctl.memory import encode

if TYPE_CHECKING:
    from solarctl.balancing.home import Home
    from solarctl.control.balance import Memory
    from solarctl.run import Run


def to_safe(run: Run, home: Home) -> None:
    """Bring all loads to their safe level; what fails is noted."""
    for actuator in home.actuators.values():
        actuator.to_safe()
        if actuator.error is not None:
            run.note(actuator.error)


def left_safe(memory: Memory, now_s: float) -> Memory:
    """Return the memory of loads that were left at their safe level."""
    loads = {
        name: replace(one, on=False, set_w=0.0, set_at=now_s, switched_at=now_s if one.on else one.switched_at)
        for name, one in memory.loads.items()
    }
    return replace(memory, loads=loads, house=replace(memory.house, log=(), base_w=None, base_at=0.0, solar_at=0.0))


def save(run: Run, memory: Memory) -> None:
    """Keep the memory and what drivers put; trouble is noted."""
    try:
        with run.state.transaction() as state:
            state.setdefault("memory", {})[run.command] = encode(memory)
        run.store.flush()
    except StateError as error:
        run.note(error)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no second signal come between the loads and their safe level."""
    before: dict[int, Any] = {}
    with suppress(ValueError):  # not in the main thread: nobody signals us
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            before[number] = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
