"""A responder for multicast DNS on loopback: it tells whoever asks which HomeWizard devices there are."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping
from typing import Self

from solarctl.virtualhome.homewizard_certificates import KINDS
from solarctl.virtualhome.homewizard_device import Device

TTL_S = 120
NAMES = {"HWE-P1": "p1meter", "HWE-SKT": "energysocket", "HWE-BAT": "battery"}


class Responder:
    """Answers questions for `_hwenergy._tcp` (v1) and `_homewizard._tcp` (v2). `garbage` goes before each answer.

    `ports`: where on this machine a device really listens, by name and version; without them it tells addresses of a
    house's network.
    """

    def __init__(
        self,
        devices: Mapping[str, Device],
        *,
        garbage: bytes = b"",
        ports: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        self._devices = devices
        self._ports = ports
        self._garbage = garbage
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.asked = 0
        self._living = True
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._line.getsockname()
        return host, port

    def start(self) -> Self:
        self._line.bind(("127.0.0.1", 0))
        self._thread.start()
        return self

    def stop(self) -> None:
        self._living = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.sendto(b"", self.address)  # closing a socket does not wake the thread that waits on it
        self._thread.join()
        self._line.close()

    def _serve(self) -> None:
        while True:
            question, sender = self._line.recvfrom(9000)
            if not self._living:
                return
            self.asked += 1
            if self._garbage:
                self._line.sendto(self._garbage, sender)
            for service, v2 in (("_hwenergy", False), ("_homewizard", True)):
                if service.encode() in question:
                    for device in self._devices.values():
                        if self._speaks(device, v2=v2):
                            self._line.sendto(self._answer(device, service, v2=v2), sender)

    def _speaks(self, device: Device, *, v2: bool) -> bool:
        if self._ports is not None:
            return (device.name, "v2" if v2 else "v1") in self._ports
        return v2 == (device.kind == "HWE-BAT") or (v2 and device.kind != "HWE-SKT")

    def _answer(self, device: Device, service: str, *, v2: bool) -> bytes:
        instance = f"{NAMES.get(device.kind, 'kwhmeter')}-{device.serial[-6:].upper()}"
        texts = [f"serial={device.serial}", f"product_type={device.kind}", f"product_name={device.name}"]
        if v2:
            texts += ["api_version=2.0.0", f"id=appliance/{KINDS[device.kind]}/{device.serial}"]
        else:
            texts += ["api_enabled=" + ("0" if device.fault("api-off") else "1"), "path=/api/v1"]
        # offsets: the service's name stands at 12, the instance's after it, and both are pointed at
        head = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 3)
        service_name = _labels(service, "_tcp", "local") + b"\0"
        packet = head + service_name + struct.pack("!2HI", 12, 1, TTL_S)
        instance_at = len(packet) + 2
        label = _labels(instance) + struct.pack("!H", 0xC00C)
        packet += struct.pack("!H", len(label)) + label
        pointer = struct.pack("!H", 0xC000 | instance_at)
        host = _labels(instance, "local") + b"\0"
        port, address = 443 if v2 else 80, bytes([192, 168, 1, int(device.serial[-2:], 16)])
        if self._ports is not None:
            port, address = self._ports[device.name, "v2" if v2 else "v1"], bytes([127, 0, 0, 1])
        service_record = struct.pack("!3H", 0, 0, port) + host
        packet += pointer + struct.pack("!2HIH", 33, 0x8001, TTL_S, len(service_record)) + service_record
        text_record = b"".join(bytes([len(one)]) + one.encode() for one in texts)
        packet += pointer + struct.pack("!2HIH", 16, 0x8001, TTL_S, len(text_record)) + text_record
        return packet + host + struct.pack("!2HIH", 1, 0x8001, TTL_S, 4) + address


def _labels(*names: str) -> bytes:
    return b"".join(bytes([len(name)]) + name.encode() for name in names)
