"""Certificates made for one test run, and an https server on loopback that shows one of them."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Certificates:
    """A CA and what it signs, in a folder; `openssl` makes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._run("req", "-x509", *self._new("ca"), "-subj", "/CN=Test CA", "-days", "30", "-out", str(self.ca))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=c\n[c]\n"
            f"dir={folder}\ndatabase=$dir/index.txt\nserial=$dir/serial\nnew_certs_dir=$dir\n"
            "certificate=$dir/ca.pem\nprivate_key=$dir/ca.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
            "copy_extensions=copy\n[p]\ncommonName=supplied\n"
        )

    def signed(self, name: str, alternative: str, *, expired: bool = False) -> Path:
        """Return a certificate with its key, signed by the CA, for a DNS: or IP: name."""
        request, certificate = self.folder / f"{name}.csr", self.folder / f"{name}.crt"
        extension = f"subjectAltName={alternative}"
        self._run("req", *self._new(name), "-subj", f"/CN={name}", "-addext", extension, "-out", str(request))
        dates = ("20200101000000Z", "20210101000000Z") if expired else ("20250101000000Z", "20960101000000Z")
        span = ("-startdate", dates[0], "-enddate", dates[1])
        config = str(self.folder / "ca.cnf")
        self._run("ca", "-batch", "-config", config, *span, "-in", str(request), "-out", str(certificate), "-notext")
        return self._joined(name, certificate)

    def self_signed(self, name: str, alternative: str) -> Path:
        """Return a certificate that vouches for itself."""
        certificate = self.folder / f"{name}.crt"
        extension = f"subjectAltName={alternative}"
        subject = ("-subj", f"/CN={name}", "-addext", extension, "-days", "30")
        self._run("req", "-x509", *self._new(name), *subject, "-out", str(certificate))
        return self._joined(name, certificate)

    def hashed(self, folder: Path) -> Path:
        """Return a folder where OpenSSL finds the CA by its hash."""
        folder.mkdir()
        digest = self._run("x509", "-hash", "-noout", "-in", str(self.ca)).strip()
        (folder / f"{digest}.0").write_text(self.ca.read_text())
        return folder

    def _joined(self, name: str, certificate: Path) -> Path:
        found = self.folder / f"{name}.pem"
        found.write_text((self.folder / f"{name}.key").read_text() + certificate.read_text())
        return found

    def _new(self, name: str) -> tuple[str, ...]:
        key = str(self.folder / f"{name}.key")
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key)

    def _run(self, *arguments: str) -> str:
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"ok": 1}  ')

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_arguments: object) -> None:
        """A client that hangs up is what these tests are about."""


@contextmanager
def https(certificate: Path) -> Iterator[int]:
    """Serve {"ok": 1} over TLS with this certificate; gives the port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
