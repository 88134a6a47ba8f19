"""Certificates like HomeWizard's, for emulators: a CA of X.509 version 1 and names `appliance/<kind>/<serial>`.

Made by the program `openssl` once in a process; the keys open nothing anywhere else.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

KINDS = {
    "HWE-P1": "p1dongle",
    "HWE-SKT": "energysocket",
    "HWE-BAT": "battery",
    "HWE-KWH1": "energymeter",
    "HWE-KWH3": "energymeter",
}


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="solarctl-homewizard-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _openssl(*arguments: str) -> None:
    if shutil.which("openssl") is None:
        raise RuntimeError("the emulated HomeWizard battery speaks TLS and needs the program openssl")
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@cache
def authority() -> Path:
    """Return the CA's certificate; its key lies beside it."""
    found, request, key = (_folder() / f"ca.{ending}" for ending in ("pem", "csr", "key"))
    name = "/C=NL/ST=ZH/O=HomeWizard/CN=Appliance Access CA"
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-subj", name, "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), "-signkey", str(key), "-days", "3650", "-out", str(found))
    return found


@cache
def certificate(product_type: str, serial: str) -> Path:
    """Return a file with key and certificate of one device."""
    name = f"{product_type}-{serial}"
    request, key, signed, joined = (_folder() / f"{name}.{ending}" for ending in ("csr", "key", "crt", "pem"))
    # a slash inside a name is written \/ for openssl
    subject = f"/C=NL/O=HomeWizard/CN=appliance\\/{KINDS[product_type]}\\/{serial}"
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key))
    _openssl("req", *new, "-subj", subject, "-out", str(request))
    ca = ("-CA", str(authority()), "-CAkey", str(_folder() / "ca.key"), "-CAcreateserial")
    _openssl("x509", "-req", "-in", str(request), *ca, "-days", "3650", "-out", str(signed))
    joined.write_text(key.read_text() + signed.read_text())
    return joined
