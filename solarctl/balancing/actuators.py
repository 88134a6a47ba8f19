"""Loads as the loop steers them: the newest target, sent once, and again when the line was broken.

An MQTT load is told at once, without waiting. A slow one (a cloud's switch, read back) is told in a thread of its
own that always takes the newest target, so that it never delays the others.
"""

from __future__ import annotations

import threading
from typing import Any

from solarctl.balancing.feeds import is_driven
from solarctl.capabilities import PowerLimiter, PowerSteps, Switch
from solarctl.context import Clock
from solarctl.control.balance import LoadSettings
from solarctl.control.balance_variators import usable_steps
from solarctl.decision import Action, Outcome, SetPower
from solarctl.errors import ConfigError, DeviceError, SolarctlError

REFRESH_S = 20.0  # a load that missed a command (restarted, out of reach) follows after so long
SLOW_REFRESH_S = 300.0
DEAD_MAN_SHARE = 3  # a dead man's switch is fed three times in its interval


class Actuator:
    """One load."""

    def __init__(self, settings: LoadSettings, device: Any, clock: Clock) -> None:
        self.name = settings.device
        self.settings = settings
        self.device = device
        self.error: SolarctlError | None = None
        self.sent = 0  # commands
        self._clock = clock
        self._target: float | bool | None = None
        self._told: float | bool | None = None
        self._told_s = -1e9
        self._confirmed = False
        self._wake = threading.Event()
        self._over = False
        self._lock = threading.Lock()
        self.is_variator = isinstance(device, PowerLimiter)
        if not self.is_variator and not isinstance(device, Switch):
            raise ConfigError(f"balance.loads: {self.name} is neither a variator nor a switch")
        self._send = getattr(device, "send_power" if self.is_variator else "send_switch", None)
        self._thread: threading.Thread | None = None
        dead_man_s = float(getattr(device, "dead_man_s", 0.0))
        usual_s = REFRESH_S if self._send else SLOW_REFRESH_S
        self._refresh_s = min(usual_s, dead_man_s / DEAD_MAN_SHARE) if dead_man_s else usual_s

    def steps_w(self) -> tuple[float, ...]:
        """Return the powers a variator can be set to; nothing for a switch."""
        if not self.is_variator:
            return ()
        if isinstance(self.device, PowerSteps):
            steps = tuple(self.device.power_steps())
        else:
            most_w = self.settings.max_w or self.settings.power_w
            if not most_w:
                raise ConfigError(f"balance.loads: {self.name} needs max_w", hint="The device does not tell its steps.")
            steps = tuple(most_w * step / 100 for step in range(101))
        return usable_steps(steps, min_w=self.settings.min_w, max_w=self.settings.max_w)

    @property
    def broker(self) -> Any:
        """The broker of an MQTT load, or None."""
        return getattr(self.device, "broker", None) if self._send else None

    @property
    def reachable(self) -> bool:
        """Whether a command would get through now, as far as is known."""
        broker = self.broker
        return broker is None or bool(broker.connected)

    def again(self) -> None:
        """Send the present target anew: the line was broken."""
        self._told_s = -1e9

    def want(self, action: Action, *, dry_run: bool = False) -> Outcome:
        """Bring the load to a target, and say what became of it as far as is known."""
        target: float | bool = action.to if isinstance(action, SetPower) else bool(action.to)
        changed = target != self._target
        due = self._clock.monotonic() - self._told_s >= self._refresh_s
        if dry_run:
            return Outcome.DRY_RUN
        if not changed and not due:
            return Outcome.FAILED if self.error else Outcome.UNCHANGED
        self._target = target
        if self._send is not None or is_driven(self._clock):
            self._tell(target, changed=changed)
        else:
            self._told_s = self._clock.monotonic()
            self._start_thread()
            self._wake.set()
        if self.error:
            return Outcome.FAILED
        return (Outcome.DONE if self._confirmed else Outcome.PENDING) if changed else Outcome.UNCHANGED

    def to_safe(self) -> None:
        """Bring the load to its safe level now and wait for it; trouble stays in `error`."""
        safe_w = self.settings.safe_w
        self._target = safe_w if self.is_variator else safe_w > 0
        with self._lock:  # a slow command on its way is waited for
            try:
                self._confirmed = self.device.set_power(safe_w) if self.is_variator else self.device.switch(safe_w > 0)
                self.error = None
            except DeviceError as error:
                self.error = error
        self.sent += 1

    def stop(self) -> None:
        self._over = True
        self._wake.set()

    def _tell(self, target: float | bool, *, changed: bool) -> None:
        send = self._send or (self.device.set_power if self.is_variator else self.device.switch)
        try:
            self._confirmed = bool(send(target))
            self.error = None
            self._told, self._told_s = target, self._clock.monotonic()
            self.sent += 1
        except DeviceError as error:
            self.error = error
            self._target = None  # not told: try again on the next tick

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"load {self.name}", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._over:
                return
            with self._lock:
                target = self._target
                if target is not None:
                    self._tell(target, changed=True)
