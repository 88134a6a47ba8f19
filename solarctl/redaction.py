"""What a bug report may tell: the shape of a house, its decisions and troubles; nobody's secrets, names or addresses.

Only what is known to be harmless stays: numbers, yes and no, moments, and the words that solarctl itself defines.
Every other text becomes `***`; in sentences, whatever the config or state hold as a text is struck out, and so is
everything that looks like an address or a token. Coordinates are rounded to whole degrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

STRUCK = "***"
PRIVATE_KEY = re.compile(
    r"(?:^|_)(?:id|ids|serial|token|secret|password|passphrase|key|appid|cookie|cookies|session|user|username|email|"
    r"host|url|address|mac|ip|vin|site|code)$"
)
_OF_DEVICES = ("driver", "service", "region", "api", "mode", "policy", "strategy", "measures", "field", "restore")
_OF_RULES = ("when_blind", "battery_policy", "until", "by", "day_start", "deadline", "temperature_unit", "timezone")
_OF_TARIFFS = ("currency", "country", "observed", "days", "from", "to", "from_day", "to_day", "valid_from")
_OF_RUNS = ("reason", "because", "command", "device", "what", "action", "outcome", "kind", "at", "message", "hint")
_OTHER = ("security", "events", "severity", "path")
HARMLESS_KEYS = frozenset((*_OF_DEVICES, *_OF_RULES, *_OF_TARIFFS, *_OF_RUNS, *_OTHER))
COORDINATES = ("latitude", "longitude")
LONG_ENOUGH = 3  # shorter texts are in every sentence
PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*",  # mail addresses
        r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>)]+",  # URLs
        r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b",  # IPv4
        r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b",  # MAC
        r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])(?<!\d\d:\d\d:\d\d)",  # IPv6, not a time
        r"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|net|org|io|eu|de|nl|at|ch|fr|uk|lan|local|home|box)\b",  # hosts
        r"\b(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)*",  # tokens
        r"\b\d{9,}\b",  # long numbers: serials, sites
        r"(?<![\w.])-?\d{1,3}\.\d{4,}\b",  # coordinates
        r"/(?:home|Users|root)(?:/[\w.-]+)*",  # folders of people
    )
)


class Redaction:
    """Strikes out what belongs to one house: `private` are the texts that its config and state hold."""

    def __init__(self, private: Iterable[str], names: Iterable[str]) -> None:
        self._names = frozenset(names)  # of devices, accounts and commands: they connect the parts
        texts = {text for text in private if len(text) >= LONG_ENOUGH and text not in self._names}
        self._private = sorted(texts, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a sentence without what is private."""
        for one in self._private:
            text = text.replace(one, STRUCK)
        for pattern in PATTERNS:
            text = pattern.sub(STRUCK, text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """Return a value of config, state or history without what is private."""
        if isinstance(value, Mapping):
            kept = {str(name) if self._is_name(str(name)) else STRUCK: name for name in value}
            return {shown: self.value(value[name], str(name)) for shown, name in kept.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(one, key) for one in value]
        if key in COORDINATES and isinstance(value, (int, float)):
            return round(value)
        if isinstance(value, bool) or value is None:
            return value
        if PRIVATE_KEY.search(key):
            return STRUCK
        if isinstance(value, (int, float)):
            return value if abs(value) < 1e8 else STRUCK
        if isinstance(value, str):
            return self._word(value, key)
        return value  # TOML's dates and times

    def _word(self, text: str, key: str) -> str:
        if text in self._names or _MOMENT.fullmatch(text):
            return text
        return self.text(text) if key in HARMLESS_KEYS else STRUCK

    def _is_name(self, name: str) -> bool:
        return name in self._names or (name == self.text(name) and bool(_KEY.fullmatch(name)))


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d(?::\d\d)?")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,40}")


def private_texts(config: Mapping[str, Any], state: Mapping[str, Any], secrets: Iterable[str]) -> set[str]:
    """Return every text that must not be seen: secrets, and what stands under keys that are not known as harmless."""
    found = {line.strip() for secret in secrets for line in secret.splitlines()}
    for tree in (config, {name: state.get(name) for name in ("tokens", "accounts", "devices")}):
        found |= set(_texts(tree, ""))
    return {text for text in found if text}


def _texts(value: Any, key: str) -> Iterable[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, str(name))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, key)
    elif isinstance(value, str) and key not in HARMLESS_KEYS and not _MOMENT.fullmatch(value):
        yield value
    elif isinstance(value, float) and key in COORDINATES:
        yield f"{value}"
        yield f"{value:.3f}"
        yield f"{value:.2f}"
    elif isinstance(value, int) and not isinstance(value, bool) and PRIVATE_KEY.search(key) and abs(value) > 999:
        yield str(value)
