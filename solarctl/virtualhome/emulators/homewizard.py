"""HomeWizard devices, each at an address of its own: P1, two sockets, a kWh meter on the panels, a plug-in battery.

A boiler and a bicycle hang on the sockets. v1 is plain HTTP; the battery, and the P1 for whoever has a token, speak v2
over TLS with certificates like HomeWizard's.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar, Self

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator, Upset
from solarctl.virtualhome.homewizard_certificates import authority, certificate
from solarctl.virtualhome.homewizard_device import FAULTS, Device
from solarctl.virtualhome.house import House
from solarctl.virtualhome.http_emulator import HttpEmulator, Request, Response
from solarctl.virtualhome.sockets import Bike, Boiler, Socket

TOKEN = "A1B2C3D4E5F60718293A4B5C6D7E8F90"


class _Plain(HttpEmulator):
    """A device's port 80."""

    v2: ClassVar[bool] = False

    def __init__(self, device: Device, clock: Clock) -> None:
        super().__init__(device.house, clock)
        self.device = device

    def handle(self, request: Request) -> Response:
        return self.device.handle(request, v2=self.v2)


class _Secure(_Plain):
    """A device's port 443."""

    v2: ClassVar[bool] = True
    scheme: ClassVar[str] = "https"

    def wrap(self, server: ThreadingHTTPServer) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(self.device.kind, self.device.serial))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


class HomeWizard(Emulator):
    """Everything HomeWizard in one house. `p1_token`: the config's P1 speaks v2."""

    name: ClassVar[str] = "homewizard"
    FAULTS: ClassVar[Mapping[str, str]] = FAULTS
    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("dead", "boiler-socket", (5, 40), says="the boiler's socket has lost the Wi-Fi", stops="control"),
        Upset("dead", "p1", (5, 40), says="the P1 meter has lost the Wi-Fi", stops="reading"),
        Upset("http-500", "bike-socket", (5, 20), says="the bicycle's socket is confused"),
    )

    def __init__(
        self,
        home: House,
        clock: Clock,
        *,
        boiler: Boiler | None = None,
        bike: Bike | None = None,
        p1_token: bool = False,
    ) -> None:
        super().__init__(home, clock)
        self.home: House = home
        self.p1_token = p1_token
        self.boiler = boiler or Boiler()
        self.bike = bike or Bike()
        self.sockets = {"boiler-socket": Socket(self.boiler), "bike-socket": Socket(self.bike)}
        home.parts += self.sockets.values()
        self.devices: dict[str, Device] = {}
        self.plain: dict[str, _Plain] = {}
        self.secure: dict[str, _Secure] = {}
        self._add("p1", "HWE-P1", "5c2fafaa0001", plain=True, secure=True)
        self._add("boiler-socket", "HWE-SKT", "5c2fafaa0002", plain=True)
        self._add("bike-socket", "HWE-SKT", "5c2fafaa0003", plain=True)
        self._add("solar-meter", "HWE-KWH1", "5c2fafaa0004", plain=True)
        self.devices["solar-meter"].production = True
        if home.battery is not None:
            self._add("plug-in-battery", "HWE-BAT", "5c2fafaa0005", secure=True)

    def _add(self, name: str, kind: str, serial: str, *, plain: bool = False, secure: bool = False) -> None:
        device = Device(name, kind, serial, self.home, self.faults, self.clock.now, self.sockets.get(name))
        self.devices[name] = device
        if plain:
            self.plain[name] = _Plain(device, self.clock)
        if secure:
            device.users["local/solarctl"] = TOKEN
            self.secure[name] = _Secure(device, self.clock)

    @property
    def servers(self) -> list[_Plain]:
        return [*self.plain.values(), *self.secure.values()]

    def start(self) -> Self:
        for server in self.servers:
            server.lock = self.lock  # one house, one thing at a time
            server.start()
        return self

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    # --- for scenarios and tests

    @property
    def journal(self) -> list[Request]:
        """What all devices were asked, in order."""
        return sorted((one for server in self.servers for one in server.journal), key=lambda one: one.at)

    def asked(self, name: str, method: str = "") -> list[Request]:
        """Return what one device was asked."""
        servers = [group[name] for group in (self.plain, self.secure) if name in group]
        return [one for server in servers for one in server.journal if one.method == (method or one.method)]

    def press(self, name: str, on: bool) -> None:
        """Somebody presses a socket's button."""
        self.home.advance(self.clock.now())
        self.sockets[name].switch(on)
        self.home.settle()

    def config(self) -> str:
        parts = []
        for name, server in self.plain.items():
            if name == "p1" and self.p1_token:
                continue
            measures = 'measures = "solar"\n' if name == "solar-meter" else ""
            parts.append(f'[devices.{name}]\ndriver = "homewizard"\nbase_url = "{server.url}"\n{measures}')
        for name, secure in self.secure.items():
            if name == "p1" and not self.p1_token:
                continue
            parts.append(
                f'[devices.{name}]\ndriver = "homewizard"\nbase_url = "{secure.url}"\n'
                f'token = {{ file = "hwe.secret" }}\nca_file = "hwe-ca.pem"\n'
            )
        return "\n".join(parts)

    def secrets(self) -> dict[str, str]:
        return {"hwe.secret": TOKEN + "\n", "hwe-ca.pem": authority().read_text()}

    def counters(self) -> dict[str, int]:
        found: dict[str, Any] = {"requests": sum(len(server.journal) for server in self.servers)}
        found["writes"] = sum(device.writes for device in self.devices.values())
        return found | {"switches": sum(socket.acts for socket in self.sockets.values())}
