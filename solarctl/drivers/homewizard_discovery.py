"""Find HomeWizard devices in the house's own network by multicast DNS; just as much of DNS as that takes.

`_hwenergy._tcp` are devices with API v1, `_homewizard._tcp` those with v2. Each tells its serial and kind in a TXT
record. The question asks for an answer to our own port, so that no other program's port 5353 is in the way.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

GROUP = ("224.0.0.251", 5353)
USUAL = {"v1": ("http", 80), "v2": ("https", 443)}
SERVICES = {"_hwenergy._tcp.local": "v1", "_homewizard._tcp.local": "v2"}
A, PTR, TXT, SRV = 1, 12, 16, 33
UNICAST = 0x8000  # "answer me, not everybody"
LARGEST = 9000


@dataclass
class Found:
    """One device: its address, serial, kind (HWE-P1, …), name, and which versions of the API it speaks."""

    serial: str
    host: str = ""
    product_type: str = ""
    product_name: str = ""
    versions: set[str] = field(default_factory=set)
    api_enabled: bool = True  # v1: switched on in the app
    ports: dict[str, int] = field(default_factory=dict)

    def address(self, version: str) -> str:
        """Return where a version of the API is spoken: the host alone where the port is the usual one."""
        scheme, usual = USUAL[version]
        port = self.ports.get(version, usual)
        return self.host if port == usual else f"{scheme}://{self.host}:{port}"


def discover(monotonic: Callable[[], float], *, wait_s: float = 2.5, group: tuple[str, int] = GROUP) -> list[Found]:
    """Ask the network who is there and return what answers within `wait_s`, by serial."""
    import socket

    records: list[Record] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        line.settimeout(0.25)
        question = query(tuple(SERVICES))
        end, asked = monotonic() + wait_s, 0
        while (now := monotonic()) < end:
            if asked == 0 or (asked == 1 and end - now < wait_s / 2):  # once more: Wi-Fi loses multicast
                line.sendto(question, group)
                asked += 1
            try:
                packet, sender = line.recvfrom(LARGEST)
            except TimeoutError:
                continue
            records += [(*record, sender[0]) for record in answers(packet)]
    return sorted(devices(records), key=lambda one: (one.product_type, one.serial))


def query(names: tuple[str, ...]) -> bytes:
    """Return a question for the services of these names."""
    head = struct.pack("!6H", 0, 0, len(names), 0, 0, 0)
    return head + b"".join(_encoded(name) + struct.pack("!2H", PTR, 1 | UNICAST) for name in names)


Record = tuple[str, int, object, str]  # name, type, value, and who told


def answers(packet: bytes) -> Iterator[tuple[str, int, object]]:
    """Yield the records of an answer that can be understood; a damaged packet ends early."""
    try:
        _id, _flags, questions, *counts = struct.unpack_from("!6H", packet)
        at = 12
        for _ in range(questions):
            at = _name(packet, at)[1] + 4
        for _ in range(sum(counts)):
            name, at = _name(packet, at)
            kind, _class, _ttl, length = struct.unpack_from("!2HIH", packet, at)
            at += 10
            value = _value(packet, kind, at, length)
            if value is not None:
                yield name.lower(), kind, value
            at += length
    except (struct.error, IndexError, ValueError, UnicodeDecodeError):
        return


def devices(records: list[Record]) -> list[Found]:
    """Return the devices that a pile of records tells of; records of others are passed over."""
    hosts: dict[object, object] = {name: value for name, kind, value, _from in records if kind == A}
    targets = {name: value for name, kind, value, _from in records if kind == SRV and isinstance(value, tuple)}
    found: dict[str, Found] = {}
    for name, kind, value, sender in records:
        version = next((v for service, v in SERVICES.items() if name.endswith(service)), None)
        if kind != TXT or version is None or not isinstance(value, dict) or not value.get("serial"):
            continue
        one = found.setdefault(value["serial"].lower(), Found(value["serial"].lower()))
        one.versions.add(version)
        target, port = targets.get(name, ("", USUAL[version][1]))
        one.host = one.host or str(hosts.get(target, sender))
        one.ports[version] = port
        one.product_type = one.product_type or value.get("product_type", "")
        one.product_name = one.product_name or value.get("product_name", "")
        if version == "v1" and value.get("api_enabled") == "0":
            one.api_enabled = False
    return list(found.values())


def _value(packet: bytes, kind: int, at: int, length: int) -> object:
    if kind == A and length == 4:
        return ".".join(str(byte) for byte in packet[at : at + 4])
    if kind == SRV:
        return _name(packet, at + 6)[0].lower(), int(struct.unpack_from("!H", packet, at + 4)[0])
    if kind == PTR:
        return _name(packet, at)[0].lower()
    if kind == TXT:
        texts, end = {}, at + length
        while at < end:
            size = packet[at]
            key, _, text = packet[at + 1 : at + 1 + size].decode("utf-8").partition("=")
            texts[key.lower()] = text
            at += 1 + size
        return texts
    return None


def _encoded(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def _name(packet: bytes, at: int) -> tuple[str, int]:
    """Return a name and where the reader goes on; names may point back at others."""
    parts: list[str] = []
    after = -1
    for _ in range(64):  # a packet may not lead in circles
        size = packet[at]
        if size >= 0xC0:
            if after < 0:
                after = at + 2
            at = (size & 0x3F) << 8 | packet[at + 1]
        elif size == 0:
            return ".".join(parts), (after if after >= 0 else at + 1)
        else:
            parts.append(packet[at + 1 : at + 1 + size].decode("utf-8"))
            at += 1 + size
    raise ValueError("circular name")
