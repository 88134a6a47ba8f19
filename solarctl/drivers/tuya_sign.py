"""Tuya's signature: HMAC-SHA256 over who asks, when, and exactly what (projects since July 2021).

    stringToSign = METHOD ⏎ sha256(body) ⏎ signed headers ("name:value⏎" each) ⏎ path?query
    message      = client_id + access_token + t + nonce + stringToSign      (token calls: no access_token)

The query is sorted by key and not percent-encoded. The body is hashed as the bytes that are sent.
Golden vectors: tests/drivers/test_tuya_sign.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def sign(
    client_id: str,
    secret: str,
    t: str,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    access_token: str = "",
    nonce: str = "",
    signed_headers: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the `sign` header: 64 hex digits in upper case. `t` is in milliseconds, as text."""
    import hashlib  # brings OpenSSL's library along, 4 MB that looking does not need
    import hmac

    url = path + ("?" + "&".join(f"{key}={value}" for key, value in sorted(query.items())) if query else "")
    headers = "".join(f"{name}:{value}\n" for name, value in signed_headers)
    to_sign = f"{method.upper()}\n{hashlib.sha256(body).hexdigest()}\n{headers}\n{url}"
    message = f"{client_id}{access_token}{t}{nonce}{to_sign}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest().upper()
