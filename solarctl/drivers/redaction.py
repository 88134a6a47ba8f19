"""Keep secrets out of everything a person may see, mail or paste: log lines, errors, URLs.

Two nets: whatever stands beside a name that sounds like a secret, and the secrets' own texts where they are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

HIDDEN = "***"
_NAMES = (
    r"[\w.\-]*(?:token|secret|passw(?:or)?d|passwort|authori[sz]ation|credential|cookie|api[_\-]?key|app[_\-]?id"
    r"|local[_\-]?key|session[_\-]?id|code[_\-]?verifier|client[_\-]?assertion|xsrf|csrf)[\w.\-]*|sign|signature|pwd"
)
_SHORTEST = 4  # a shorter secret would blank out half of every text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what is replaced by what; compiled when a text is shown, which a quiet run never does."""
    value = r'(?P<value>\\*"(?:[^"\\]|\\[^"])*(?:\\*"|$)|[^\s,}\]"\[{][^\s,}\]]*)'
    pairs = (
        (r"(?P<head>://)(?P<value>[^/@\s]+)(?=@)", HIDDEN),
        (rf'(?P<head>\\*"(?:{_NAMES})\\*"\s*:\s*){value}', f'"{HIDDEN}"'),
        (rf"(?P<head>(?<![\w.\-])(?:{_NAMES})=)(?P<value>[^&\s\"'<>,;)]*)", HIDDEN),
        (rf"(?P<head>(?<![\w.\-\"])(?:{_NAMES}):[ \t]*)(?P<value>[^\r\n\"]+)", HIDDEN),
        (r"(?P<head>\b(?:bearer|basic)\s+)(?P<value>[A-Za-z0-9._~+/=\-]{8,})", HIDDEN),
    )
    return tuple((re.compile(pattern, re.IGNORECASE), rf"\g<head>{put}") for pattern, put in pairs)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without the values of secret-sounding names and without the `secrets` themselves.

    >>> redacted('GET /get?tokenId=1234&sn=AB {"password": "x"}')
    'GET /get?tokenId=***&sn=AB {"password": "***"}'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    for pattern, put in _patterns():
        text = pattern.sub(put, text)
    return text


def redacted_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return headers fit to be shown."""
    known = tuple(secrets)
    return {
        name: HIDDEN if value and re.fullmatch(_NAMES, name, re.IGNORECASE) else redacted(str(value), known)
        for name, value in headers.items()
    }


def excerpt(text: str, secrets: Iterable[str] = (), *, limit: int = 120) -> str:
    """Return the beginning of a reply on one line, without secrets."""
    line = " ".join(redacted(text[:4000], secrets).split())
    return line if len(line) <= limit else line[:limit].rstrip() + " …"
