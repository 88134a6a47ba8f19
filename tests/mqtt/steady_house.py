"""A house whose sun and consumption a test sets by hand, with the virtual home's things hung into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


class SteadyHouse:
    """Stands in for virtualhome.house.House where a test wants round numbers."""

    def __init__(self, solar_w: float = 1800.0, base_w: float = 300.0) -> None:
        self.parts: list[Any] = []
        self.solar_w, self.base_w, self.load_w = solar_w, base_w, base_w
        self.lock = threading.RLock()
        self.now: Any = None
        self._calls: list[list[Any]] = []

    def call_every(self, period_s: float, action: Any) -> None:
        self._calls.append([0.0, period_s, action])

    def advance(self, to: Any) -> None:
        with self.lock:
            dt_s = 0.0 if self.now is None else max(0.0, (to - self.now).total_seconds())
            self.now = to
            for part in self.parts:
                part.step(dt_s, self)
            self.load_w = self.base_w + sum(part.power_w for part in self.parts)
            for call in self._calls:
                if to.timestamp() >= call[0]:
                    call[0] = to.timestamp() + call[1]
                    call[2]()

    def settle(self) -> None:
        if self.now is not None:
            self.advance(self.now)


class Process:
    """`solarctl balance` as a real process, started in a folder with its config and state."""

    def __init__(self, folder: Any, *arguments: str, command: str = "balance") -> None:
        words = [sys.executable, "-m", "solarctl", command, "-c", str(folder / "config.toml")]
        words += ["--state-dir", str(folder / "state"), *arguments]
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "160"}
        )

    def end(self, timeout_s: float = 90) -> tuple[int, str, str]:
        """Wait for its end; return the exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, out, err

    def stop(self, timeout_s: float = 90) -> tuple[int, str, str]:
        """Ask it to end (SIGTERM)."""
        self.process.terminate()
        return self.end(timeout_s)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Ear:
    """A client of its own on the broker: what was said, and a mouth."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        up = threading.Event()

        def on_connect(client: Any, *_: Any) -> None:
            client.subscribe("#", qos=1)

        self._client.on_connect = on_connect
        self._client.on_subscribe = lambda *_: up.set()
        self._client.on_message = lambda _c, _d, m: self.heard.append((m.topic, m.payload.decode(), bool(m.retain)))
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert up.wait(10)

    def say(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self._client.publish(topic, text, qos=1, retain=retain).wait_for_publish(5)

    def says_and_hears(self) -> bool:
        """Return whether its own word comes back to it."""
        if self._client.is_connected():
            self._client.publish("ping", "pong", qos=0)
            time.sleep(0.1)
        return bool(self.on("ping"))

    def on(self, topic: str) -> list[str]:
        return [payload for heard, payload, _ in list(self.heard) if heard == topic]

    def status(self) -> dict[str, Any]:
        """Return the newest status."""
        return json.loads(self.on("regul/status")[-1])

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def until(true: Any, *, seconds: float = 60.0, what: str = "") -> None:
    """Wait until `true()`; fail with `what` when it never becomes so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.03)
    raise AssertionError(f"never: {what}")
