"""Whom a connection trusts: the CAs of an https server, and where plain http is acceptable.

A hashed directory of CAs is read as needed (0.2 ms); a bundle is parsed whole (15–20 ms in every run), so a
directory is preferred where the system has one. The environment's wishes come first, as with requests and OpenSSL:
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, then SSL_CERT_FILE and SSL_CERT_DIR.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from solarctl.errors import DeviceSetupError, DeviceUnreachable
from solarctl.value import value

HASHED_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_HASHED_LINK = r"[0-9a-f]{8}\.\d+"
_LOCAL_NAMES = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain", ".fritz.box")


@value
class Trust:
    """CA certificates: a file, a hashed directory, both, or neither (then requests' own bundle)."""

    file: str | None = None
    directory: str | None = None


def trust(name: str, ca_file: Path | None, environ: Mapping[str, str] = os.environ) -> Trust:
    """Return the CAs to believe: `ca_file` alone, or what the environment says, or the system's."""
    if ca_file is not None:
        return _from_path(name, "ca_file", str(ca_file))
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if environ.get(variable):
            return _from_path(name, variable, environ[variable])
    file, directory = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file or directory:
        return Trust(_from_path(name, "SSL_CERT_FILE", file).file if file else None, directory or None)
    return Trust(directory=next((d for d in HASHED_DIRECTORIES if is_hashed(d)), None))


def _from_path(name: str, source: str, path: str) -> Trust:
    if Path(path).is_dir():
        return Trust(directory=path)
    if not os.access(path, os.R_OK):
        raise DeviceSetupError(
            name, f"the CA certificate {path} cannot be read", hint=f"Correct {source} or the file's permissions."
        )
    return Trust(file=path)


def is_hashed(directory: str) -> bool:
    """Return whether OpenSSL can find CAs in `directory` by their hash."""
    try:
        with os.scandir(directory) as entries:
            return any(re.fullmatch(_HASHED_LINK, entry.name) for entry in entries)
    except OSError:
        return False


def require_private(name: str, host: str, port: int) -> None:
    """Refuse plain http to the internet: whoever is on the way could read and change it.

    Loopback, private addresses, and names that mean the local network are fine.
    """
    import ipaddress

    host = host.strip("[]")
    if host == "localhost" or ("." not in host and ":" not in host) or host.endswith(_LOCAL_NAMES):
        return
    try:
        addresses = [ipaddress.ip_address(host.partition("%")[0])]
    except ValueError:
        addresses = [ipaddress.ip_address(address) for address in _look_up(name, host, port)]
    if any(address.is_global for address in addresses):
        raise DeviceSetupError(
            name,
            f"{host} is on the internet, and plain http would let anybody on the way read and change everything",
            hint=f'Write base_url = "https://{host}".',
        )


def _look_up(name: str, host: str, port: int) -> list[str]:
    import socket

    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeviceUnreachable(
            name, f"the name {host} is not known", hint="Is the network up, and the name spelt right?"
        ) from None
    return [str(entry[4][0]).partition("%")[0] for entry in found]
