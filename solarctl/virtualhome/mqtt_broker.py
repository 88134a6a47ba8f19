"""An MQTT broker on loopback: mosquitto where it is installed, else the one from the library amqtt in a thread."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

START_S = 10.0
SUBSCRIPTIONS = "$SYS/broker/log/M/subscribe"  # where mosquitto tells who has subscribed to what


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mosquitto_program() -> str | None:
    """Return where mosquitto is installed, if it is."""
    found = shutil.which("mosquitto")
    return found or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)


def can_serve() -> bool:
    """Return whether there is a broker to be had."""
    from importlib.util import find_spec

    return mosquitto_program() is not None or find_spec("amqtt") is not None


def broker(port: int = 0, **options: Any) -> Mosquitto | EmbeddedBroker:
    """Return a broker, not started."""
    return Mosquitto(port, **options) if mosquitto_program() else EmbeddedBroker(port)


class Mosquitto:
    """A mosquitto process of our own; `kill` is a power cut, `start` after it is a restart on the same port."""

    def __init__(self, port: int = 0, *, password_file: Path | None = None) -> None:
        self.port = port or free_port()
        self.tells_subscriptions = False  # on SUBSCRIPTIONS; set before the start
        self._password_file = password_file
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.mkdtemp(prefix="solarctl-broker-")

    def start(self) -> Mosquitto:
        program = mosquitto_program()
        assert program is not None, "mosquitto is not installed"
        config = Path(self._folder) / "mosquitto.conf"
        login = (
            f"allow_anonymous false\npassword_file {self._password_file}\n"
            if self._password_file
            else "allow_anonymous true\n"
        )
        if os.geteuid() == 0:
            login += "user root\n"  # else it drops its rights, and cannot read files of ours
        if self.tells_subscriptions:
            login += "log_dest topic\nlog_type subscribe\n"
        sends = "persistence false\nset_tcp_nodelay true\n"
        config.write_text(f"listener {self.port} 127.0.0.1\n{login}{sends}", encoding="utf-8")
        self._process = subprocess.Popen(
            [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _await_port(self.port, self._process)
        return self

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            os.kill(process.pid, how)
            process.wait(timeout=10)


class EmbeddedBroker:
    """amqtt in a thread, for where no mosquitto is installed (`pip install solarctl[demo]`)."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.tells_subscriptions = False  # it cannot
        self._loop: Any = None
        self._broker: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> EmbeddedBroker:
        import asyncio
        import logging

        try:
            from amqtt.broker import Broker
        except ImportError as error:
            raise RuntimeError("no MQTT broker: install mosquitto, or solarctl[demo]") from error
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def serve() -> None:
            self._broker = Broker(
                {
                    "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}},
                    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
                }
            )
            await self._broker.start()
            ready.set()

        def live() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(serve())
            self._loop.run_forever()

        self._thread = threading.Thread(target=live, name="mqtt broker", daemon=True)
        self._thread.start()
        if not ready.wait(START_S):
            raise RuntimeError("the embedded MQTT broker did not start")
        return self

    def stop(self) -> None:
        import asyncio

        if self._loop is None:
            return
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(5)
        self._loop = None

    kill = stop


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"mosquitto ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.01)
    raise RuntimeError("mosquitto does not listen")
