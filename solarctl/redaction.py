"""What a bug report may tell: the shape of a house, its decisions and troubles; nobody's secrets, names or addresses.

Only what is known to be harmless stays: numbers, yes and no, moments, the words that solarctl itself defines, and the
trade's everyday words (a window called "peak"). Every other text becomes `***`. In sentences secrets are struck out
wherever they stand, whatever else the config or state hold as a text where it is a word of its own, and everything that
looks like an address or a token. Coordinates are rounded to whole degrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from solarctl.errors import spelt_out

STRUCK = "***"
PRIVATE_KEY = re.compile(
    r"(?:^|_)(?:id|ids|serial|token|secret|password|passphrase|key|appid|cookie|cookies|session|user|username|email|"
    r"host|url|address|mac|ip|vin|site)$"
)
SECRET_KEY = re.compile(r"(?:^|_)(?:token|secret|password|passphrase|key|appid|cookie|cookies|session|access|refresh)$")
_OF_DEVICES = ("driver", "service", "region", "api", "mode", "policy", "strategy", "measures", "field", "restore")
_OF_RULES = ("when_blind", "battery_policy", "until", "by", "day_start", "deadline", "temperature_unit", "timezone")
_OF_TARIFFS = ("currency", "country", "observed", "names", "days", "from", "to", "from_day", "to_day", "valid_from")
_OF_RUNS = ("reason", "because", "command", "device", "what", "action", "outcome", "kind", "at", "message", "hint")
_CHOICES = ("battery_policy", "offpeak_mode", "peak_mode", "seed_mode", "product", "component", "houses", "zone")
_FIELDS = ("energy_field", "soc_field", "state_field", "state_on", "state_off", "form", "law")
_OTHER = ("security", "events", "severity", "path")
HARMLESS_KEYS = frozenset((*_OF_DEVICES, *_OF_RULES, *_OF_TARIFFS, *_OF_RUNS, *_CHOICES, *_FIELDS, *_OTHER))
COORDINATES = ("latitude", "longitude")
SOURCES = ("file", "env", "credential", "command")  # where a secret is, not what it is
LONG_ENOUGH = 3  # shorter texts are in every sentence
_WORDS = """
all apply auto away balance basement bathroom battery bedroom bike boiler car cellar charge charger charging
cheap clear cloud cold cool day dear device down eco electricity energy evening export fan field fill first
floor forecast garage garden grid ground guard guest hall heat heater heating high home hot hour house import
inverter kitchen lamp light living load low main market meter midday minute mode morning mqtt night noon
normal now off office on outlet output outside panel panels peak phase plain plan plug pool power powerwall
price prices pump pv radiator rate relay room shoulder shower smart socket solar state status step storage
summer sun super surplus switch tank tariff temperature thermostat upstairs value water weekday weekend window
winter workshop
"""
EVERYDAY = frozenset(_WORDS.split())
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


def is_everyday(text: str) -> bool:
    """Return whether a text is made of the trade's words and small numbers only, such as "switch_1" or "peak".

    >>> is_everyday("Water heater 2"), is_everyday("annas-house/meter")
    (True, False)
    """
    parts = re.split(r"[\s_/,.-]+", text.lower())
    return all(one in EVERYDAY or (one.isdigit() and len(one) <= 2) for one in parts)


class Redaction:
    """Strikes out what belongs to one house: its `secrets`, and the `private` texts that its config and state hold."""

    def __init__(self, private: Iterable[str], names: Iterable[str], secrets: Iterable[str] = ()) -> None:
        self._names = frozenset(names)  # of devices, accounts and commands: they connect the parts
        hidden = {form for text in secrets if len(text) >= LONG_ENOUGH for form in _forms(text)}
        self._secret = _any_of(hidden)
        own = {text for text in private if len(text) >= LONG_ENOUGH and text not in self._names}
        self._private = _any_of((text for text in own if not is_everyday(text)), whole=True)

    def text(self, text: str) -> str:
        """Return a sentence without what is private."""
        for pattern in (self._secret, self._private):
            text = pattern.sub(STRUCK, text)
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
        if _MOMENT.fullmatch(text) or text in self._names or key in HARMLESS_KEYS or is_everyday(text):
            return self.text(text) if text not in self._names else self._secret.sub(STRUCK, text)
        return STRUCK

    def _is_name(self, name: str) -> bool:
        if self._secret.search(name):
            return False
        return name in self._names or (name == self.text(name) and bool(_KEY.fullmatch(name)))


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d(?::\d\d)?")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,40}")


def _forms(secret: str) -> set[str]:
    """Return a secret as it may stand in a message: as it is, in an address, spelt out."""
    from urllib.parse import quote, quote_plus

    return {secret, quote(secret, safe=""), quote_plus(secret), spelt_out(secret), repr(secret)[1:-1]}


def _any_of(texts: Iterable[str], *, whole: bool = False) -> re.Pattern[str]:
    """Return a pattern that finds any of these texts, in whatever letters; `whole`: as words of their own."""
    found = "|".join(re.escape(one) for one in sorted(texts, key=len, reverse=True))
    if not found:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{found})(?!\w)" if whole else found, re.IGNORECASE)


def private_texts(config: Mapping[str, Any], state: Mapping[str, Any]) -> set[str]:
    """Return every text that stands under a key that is not known as harmless."""
    trees = (config, {name: state.get(name) for name in ("tokens", "accounts", "devices")})
    return {text for tree in trees for text, _key in _texts(tree, "") if text}


def secret_texts(config: Mapping[str, Any], state: Mapping[str, Any], sources: Iterable[str]) -> set[str]:
    """Return the secrets: what `sources` give, what stands under a key for one, and every token."""
    found = {line.strip() for one in sources for line in one.splitlines()}
    found |= {text for text, key in _texts(config, "") if SECRET_KEY.search(key)}
    kept = {name: state.get(name) for name in ("accounts", "devices")}
    found |= {text for text, key in _texts(kept, "") if SECRET_KEY.search(key)}
    found |= {text for text, _key in _texts(state.get("tokens"), "")}
    return {text for text in found if text}


def _texts(value: Any, key: str) -> Iterable[tuple[str, str]]:
    """Yield texts and the key that they stand under; what stands below a secret's key is secret, too."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, key if SECRET_KEY.search(key) and name not in SOURCES else str(name))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, key)
    elif isinstance(value, str) and key not in HARMLESS_KEYS and not _MOMENT.fullmatch(value):
        yield value, key
    elif isinstance(value, float) and key in COORDINATES:
        yield from ((text, key) for text in (f"{value}", f"{value:.3f}", f"{value:.2f}"))
    elif isinstance(value, int) and not isinstance(value, bool) and PRIVATE_KEY.search(key) and abs(value) > 999:
        yield str(value), key
