"""Failed exchanges in sentences: what requests and urllib3 raise, and when a server wants to be asked again.

The classes are known by their names, so that this costs no import.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from solarctl.value import value

LONGEST_RETRY_AFTER_S = 86_400.0
_WHY = r"certificate verify failed: ([^(']+)|([Hh]ostname .*?(?:mismatch|doesn't match)[^\\\")]*)"


@value
class Failure:
    """A sentence, a hint, whether repeating is useless, and whether the request never got as far as the host."""

    message: str
    hint: str = ""
    lasting: bool = False
    unsent: bool = False


def failure(error: BaseException, host: str, limit_s: float) -> Failure:
    """Return what a failed exchange with `host` means."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    said = str(error)
    if "SSLError" in kinds:
        found = re.search(_WHY, said)
        why = next(filter(None, found.groups()), "").strip() if found else "TLS"
        hint = "Is the clock right? A server with a certificate of its own needs ca_file."
        return Failure(f"{host} cannot prove who it is ({why})", hint, lasting=True, unsent=found is not None)
    if "ProxyError" in kinds:  # raised until the proxy has let us through, never later
        return Failure(f"the proxy on the way to {host} does not answer", "See HTTPS_PROXY and NO_PROXY.", unsent=True)
    if kinds & {"Timeout", "TimeoutError"}:
        return Failure(f"{host} did not answer within {limit_s:.0f} s", unsent="ConnectTimeout" in kinds)
    if kinds & {"InvalidURL", "MissingSchema", "InvalidSchema"}:
        hint = "Correct base_url, or the proxy in the environment."
        return Failure(f"the address of {host} cannot be used", hint, lasting=True)
    if "NameResolutionError" in said or "getaddrinfo" in said:
        return Failure(f"the name {host} is not known", "Is the network up, and the name spelt right?", unsent=True)
    if "refused" in said:
        return Failure(f"{host} refuses connections", unsent=True)
    if "No route" in said or "unreachable" in said:
        return Failure(f"there is no way to {host}", "Is the network up?", unsent=True)
    return Failure(f"{host} broke off the connection")


def retry_at(value: str | None, now: datetime) -> datetime | None:
    """Return the moment of a Retry-After header: seconds, or a date; at most a day ahead."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return now + timedelta(seconds=max(0.0, min(LONGEST_RETRY_AFTER_S, seconds)))


def limit_ends(text: str, now: datetime) -> datetime | None:
    """Return when a limit ends that an answer names without Retry-After (Open-Meteo: "Hourly … limit exceeded").

    >>> limit_ends("Hourly API request limit exceeded.", datetime(2026, 7, 1, 13, 55, 30, tzinfo=UTC)).isoformat()
    '2026-07-01T14:00:00+00:00'
    """
    words = text.lower()
    if "limit" not in words:
        return None
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    if "minutely" in words:
        return minute + timedelta(minutes=1)
    if "hourly" in words:
        return minute.replace(minute=0) + timedelta(hours=1)
    if "daily" in words:
        return minute.replace(hour=0, minute=0) + timedelta(days=1)
    return None
