"""A server as strict as Tesla's Owner API: TLS 1.3, HTTP/2 only; whoever speaks HTTP/1.1 is forbidden."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FORBIDDEN = {"response": None, "error": "forbidden, see https://developer.tesla.com/docs/fleet-api"}


class OwnerServer:
    """Answers by `answers` (path → status, JSON); `seen` are the requests as (method, path, body)."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.seen: list[tuple[str, str, Any]] = []
        self.ca_file = folder / "owner.pem"
        key = folder / "owner.key"
        subject = ["-subj", "/CN=owner.test", "-addext", "subjectAltName=IP:127.0.0.1"]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        files = ["-keyout", str(key), "-out", str(self.ca_file)]
        subprocess.run(["openssl", "req", "-x509", *kind, *files, *subject], check=True, capture_output=True)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self._tls.load_cert_chain(self.ca_file, key)
        self._tls.set_alpn_protocols(["h2", "http/1.1"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(line, server_side=True) as secured:
                if secured.selected_alpn_protocol() == "h2":
                    self._speak_h2(secured)
                else:
                    self._forbid(secured)
        except OSError:
            line.close()

    def _forbid(self, line: ssl.SSLSocket) -> None:
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += line.recv(65_536)
        head, _, rest = heard.partition(b"\r\n\r\n")
        length = next((int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")), 0)
        while len(rest) < length:  # an unread rest would make the line break instead of end
            rest += line.recv(65_536)
        body = json.dumps(FORBIDDEN).encode()
        line.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def _speak_h2(self, line: ssl.SSLSocket) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.events import DataReceived, RequestReceived, StreamEnded

        talk = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        talk.initiate_connection()
        line.sendall(talk.data_to_send())
        heads: dict[int, dict[str, str]] = {}
        bodies: dict[int, bytes] = {}
        while data := line.recv(65_536):
            for event in talk.receive_data(data):
                if isinstance(event, RequestReceived):
                    heads[event.stream_id], bodies[event.stream_id] = dict(event.headers), b""
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                elif isinstance(event, StreamEnded):
                    self._answer(talk, event.stream_id, heads[event.stream_id], bodies[event.stream_id])
            line.sendall(talk.data_to_send())

    def _answer(self, talk: Any, stream: int, head: dict[str, str], body: bytes) -> None:
        path = urlsplit(head[":path"]).path
        self.seen.append((head[":method"], path, json.loads(body) if body else None))
        status, value = self.answers.get(path, (404, {"error": "not_found"}))
        content = json.dumps(value).encode()
        talk.send_headers(stream, [(":status", str(status)), ("content-type", "application/json")])
        talk.send_data(stream, content, end_stream=True)
