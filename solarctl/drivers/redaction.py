"""Keep secrets out of everything a person may see, mail or paste: log lines, errors, URLs.

Two nets: whatever stands beside a name that sounds like a secret, and the secrets' own texts where they are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
_NAMES = (
    r"[\w.\-]*(?:token|secret|passw(?:or)?d|passwort|authori[sz]ation|credential|cookie|api[_\-]?key|app[_\-]?id"
    r"|local[_\-]?key|session[_\-]?id|code[_\-]?verifier|client[_\-]?assertion|xsrf|csrf)[\w.\-]*|sign|signature|pwd"
)
_JSON = re.compile(
    rf'(?P<head>\\*"(?:{_NAMES})\\*"\s*:\s*)(?P<value>\\*"(?:[^"\\]|\\[^"])*(?:\\*"|$)|[^\s,}}\]"\[{{][^\s,}}\]]*)',
    re.IGNORECASE,
)
_PAIR = re.compile(rf"(?P<head>(?<![\w.\-])(?:{_NAMES})=)(?P<value>[^&\s\"'<>,;)]*)", re.IGNORECASE)
_HEADER = re.compile(rf"(?P<head>(?<![\w.\-\"])(?:{_NAMES}):[ \t]*)(?P<value>[^\r\n\"]+)", re.IGNORECASE)
_BEARER = re.compile(r"(?P<head>\b(?:bearer|basic)\s+)(?P<value>[A-Za-z0-9._~+/=\-]{8,})", re.IGNORECASE)
_USER = re.compile(r"(?P<head>://)(?P<value>[^/@\s]+)(?=@)")
_NAME = re.compile(_NAMES, re.IGNORECASE)
_SHORTEST = 4  # a shorter secret would blank out half of every text


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without the values of secret-sounding names and without the `secrets` themselves.

    >>> redacted('GET /get?tokenId=1234&sn=AB {"password": "x"}')
    'GET /get?tokenId=***&sn=AB {"password": "***"}'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    text = _USER.sub(rf"\g<head>{HIDDEN}", text)
    text = _JSON.sub(rf'\g<head>"{HIDDEN}"', text)
    text = _PAIR.sub(rf"\g<head>{HIDDEN}", text)
    text = _HEADER.sub(rf"\g<head>{HIDDEN}", text)
    return _BEARER.sub(rf"\g<head>{HIDDEN}", text)


def redacted_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return headers fit to be shown."""
    known = tuple(secrets)
    return {
        name: HIDDEN if value and _NAME.fullmatch(name) else redacted(str(value), known)
        for name, value in headers.items()
    }


def excerpt(text: str, secrets: Iterable[str] = (), *, limit: int = 120) -> str:
    """Return the beginning of a reply on one line, without secrets."""
    line = " ".join(redacted(text[:4000], secrets).split())
    return line if len(line) <= limit else line[:limit].rstrip() + " …"
