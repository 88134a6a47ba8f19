"""The dates of holidays, for any country and year: computed once a year, kept in a file beside the state.

The library that knows them costs more time than a whole run; a normal run only reads the file.

    observed = "nearest"   a holiday on a Saturday counts on Friday, one on a Sunday on Monday (also across new year)
    observed = "sunday"    only a Sunday's moves, to Monday
    observed = "none"      none moves
    observed = "country"   as the country's own law has it
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from solarctl.decode import nearest
from solarctl.disk import replace_files
from solarctl.errors import ConfigError, Problem

FILE = "holidays.json"
US_TARIFF_HOLIDAYS = (
    "New Year's Day",
    "Memorial Day",
    "Independence Day",
    "Labor Day",
    "Thanksgiving Day",
    "Christmas Day",
)
MOVES = {"nearest": {5: -1, 6: 1}, "sunday": {6: 1}, "none": {}}  # weekday → days


class Rule(Protocol):
    """What `tariff.Holidays` says."""

    @property
    def country(self) -> str: ...
    @property
    def subdivision(self) -> str: ...
    @property
    def observed(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...


class HolidaySettings(Protocol):
    """What `tariff.Settings` says."""

    @property
    def holidays(self) -> Any: ...
    @property
    def versions(self) -> Sequence[Any]: ...


def known(
    settings: HolidaySettings, now: datetime, folder: Path | None = None, *, keep: bool = True
) -> frozenset[date]:
    """Return the holidays of the years around `now`, from the file in `folder` or computed anew.

    `ConfigError` when the country or a name is unknown. A file that cannot be written is no trouble;
    `keep` False (a dry run) writes none.
    """
    rules = _rules(settings)
    if not any(rule.country for rule, _, _ in rules):
        return frozenset()
    years = [now.year - 1, now.year, now.year + 1]
    question = json.dumps([[_words(rule), str(first), str(last)] for rule, first, last in rules] + [years])
    path = folder / FILE if folder is not None else None
    stored = _stored(path, question) if path is not None else None
    if stored is not None:
        return stored
    found = compute(settings, years)
    if path is not None and keep:
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps({"question": question, "dates": sorted(str(day) for day in found)})
            replace_files({path: text.encode()})
    return found


def compute(settings: HolidaySettings, years: Collection[int]) -> frozenset[date]:
    """Return the holidays observed in `years` by the rule that is in force on each day."""
    found: set[date] = set()
    for rule, first, last in _rules(settings):
        found |= {day for day in dates(rule, years) if first <= day < last}
    return frozenset(found)


def dates(rule: Rule, years: Collection[int]) -> frozenset[date]:
    """Return the days in `years` on which a holiday of the rule is observed."""
    if not rule.country or not years:
        return frozenset()
    found: set[date] = set()
    wanted = tuple(rule.names) or (US_TARIFF_HOLIDAYS if rule.country.upper() == "US" else ())
    # one year more on either side: a holiday of next year may be observed in this one
    actual = _holidays(rule, range(min(years) - 1, max(years) + 2))
    names = {name for found_names in actual.values() for name in found_names}
    if actual:
        _check_names(wanted, names)
    for day, day_names in actual.items():
        if not wanted or any(_same(one, name) for one in wanted for name in day_names):
            shift = MOVES.get(rule.observed, {}).get(day.weekday(), 0)
            found.add(day + timedelta(days=shift))
    return frozenset(day for day in found if day.year in years)


def _holidays(rule: Rule, years: Iterable[int]) -> dict[date, list[str]]:
    """Return the library's holidays and their names."""
    import holidays

    by_law = rule.observed == "country"
    try:
        table = holidays.country_holidays(
            rule.country.upper(), subdiv=rule.subdivision or None, years=list(years), observed=by_law, language="en_US"
        )
    except NotImplementedError:  # how the library says that it does not know a country
        raise ConfigError([_unknown_place(rule, holidays.list_supported_countries())]) from None
    return {day: _plain(table[day], by_law=by_law) for day in table}


def _unknown_place(rule: Rule, places: Mapping[str, Collection[str]]) -> Problem:
    country = rule.country.upper()
    if country in places:
        hint = nearest(rule.subdivision, places[country])
        return Problem("tariff.holidays.subdivision", f"{country} has no {rule.subdivision!r}", hint)
    hint = 'Write the two letters of the country, such as "US" or "NL".'
    return Problem("tariff.holidays.country", f"no country {rule.country!r} is known", hint)


def _plain(names: str, *, by_law: bool) -> list[str]:
    """Return the names of one day, without the remark that it is observed."""
    found = [name.strip() for name in names.split(";")]
    return [name.replace(" (observed)", "") for name in found] if by_law else found


def _check_names(wanted: Iterable[str], names: Collection[str]) -> None:
    unknown = [one for one in wanted if not any(_same(one, name) for name in names)]
    if unknown:
        raise ConfigError(
            [Problem("tariff.holidays.names", f"no holiday is called {one!r}", nearest(one, names)) for one in unknown]
        )


def _same(one: str, other: str) -> bool:
    return one.replace("’", "'").casefold() == other.replace("’", "'").casefold()


def _rules(settings: HolidaySettings) -> list[tuple[Rule, date, date]]:
    """Return the rules with the days from and until which each is in force."""
    changes = sorted((one for one in settings.versions if one.holidays is not None), key=lambda one: one.valid_from)
    starts = [date.min, *(one.valid_from for one in changes)]
    ends = [*starts[1:], date.max]
    rules = [settings.holidays, *(one.holidays for one in changes)]
    return list(zip(rules, starts, ends))


def _words(rule: Rule) -> list[Any]:
    return [rule.country, rule.subdivision, rule.observed, list(rule.names)]


def _stored(path: Path, question: str) -> frozenset[date] | None:
    try:
        stored = json.loads(path.read_bytes())
        if stored["question"] != question:
            return None
        return frozenset(date.fromisoformat(day) for day in stored["dates"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
