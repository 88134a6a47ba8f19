"""From what a person asks `simulate` for to its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from solarctl import holiday_dates
from solarctl.config import Config, find_path, find_state_dir
from solarctl.control import tariff
from solarctl.errors import ConfigError, Problem, UsageError
from solarctl.house_rows import doubts, house_rows
from solarctl.options import Options, moment
from solarctl.simulation.compare import Life, Task, run, tasks_of
from solarctl.simulation.installations import RULES, installations
from solarctl.simulation.market import surcharge
from solarctl.simulation.recorded import Recorded, from_csv, from_history, whole_days
from solarctl.simulation.results import Result, gathered
from solarctl.simulation.simulated_house import Settings
from solarctl.simulation.spread import Cluster, spread
from solarctl.simulation.timetable import Entry, entries, missing, recommended, replanned

LONGEST_DAYS = 3660
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wish:
    """The options of `simulate`."""

    configs: tuple[Path, ...] = ()
    year: int | None = None
    start: str | None = None
    end: str | None = None
    days: int | None = None
    seeds: tuple[int, ...] = ()
    csv_path: Path | None = None
    own_history: bool = False
    crontab: Path | None = None
    jobs: int | None = None
    dask: str | None = None
    replan_min: int | None = None


def simulate(
    wish: Wish, options: Options, now: datetime, progress: Progress = lambda _done, _of: None
) -> tuple[list[Result], list[str]]:
    """Return the results, and what a person should know about them."""
    if wish.csv_path is not None and wish.own_history:
        raise UsageError("--csv and --history exclude each other", hint="Give one of them.")
    paths = wish.configs or (find_path(None),)
    configs = [Config.load(path) for path in paths]
    notes: list[str] = []
    tasks: list[Task] = []
    owner: list[int] = []
    for number, config in enumerate(configs):
        found = _tasks(config, wish, options, now, notes)
        tasks += found
        owner += [number] * len(found)
    lives: list[list[Life]] = [[] for _ in configs]
    ready = spread(run, tasks, jobs=wish.jobs or 0, cluster=_cluster(wish.dask))
    for done, (index, life) in enumerate(ready, start=1):
        lives[owner[index]].append(life)
        progress(done, len(tasks))
    results: list[Result] = []
    for config, name, found_lives in zip(configs, _names(configs), lives, strict=True):
        houses = [one.name for one in installations(config)]
        results += gathered(name, config.table("tariff", tariff.Settings).currency, houses, found_lives)
    return results, list(dict.fromkeys(notes))


def _tasks(config: Config, wish: Wish, options: Options, now: datetime, notes: list[str]) -> list[Task]:
    found = installations(config)
    if not found:
        hint = f"It simulates {', '.join(RULES)}."
        raise ConfigError([Problem("simulate", f"{config.path} has no rule that can be simulated", hint)])
    config.table("simulate", Settings)
    prices = config.table("tariff", tariff.Settings)
    if len(found) > 1:
        notes.append(
            f"Meters and batteries differ, so the rules are played in {len(found)} houses of their own; "
            'if they are one home, say houses = "one" in [simulate].'
        )
    if config.find("tariff") is None:
        notes.append(f"There is no [tariff]; a kWh costs {prices.import_price:g} and earns {prices.export_price:g}.")
    if prices.prices:
        surcharge(config, prices.prices)  # a mistake is said before anything is lived
    given = _recorded(wish, config, options, now, prices.prices)
    first, days = _period(wish, config.timezone, now, options, given)
    if prices.prices:
        notes.append(_of_the_market(prices.prices, given, first, days, config.timezone))
    if given is not None:
        notes += given.notes
    schedule = _schedule(wish, config)
    for name in missing(schedule, [command for one in found for command in one.commands]):
        notes.append(f"No line of the crontab runs {name}; it does nothing.")
    if given is not None and given.gaps_h() >= 1:
        notes.append(f"{given.source} says nothing about {given.gaps_h():.0f} h; they count as 0 W.")
    noon = datetime.combine(first, datetime.min.time(), config.timezone)
    holidays = holiday_dates.known(prices, noon, None, keep=False)
    for ahead in range(1, days // 365 + 1):
        holidays |= holiday_dates.known(prices, noon + timedelta(days=365 * ahead), None, keep=False)
    return [
        task
        for seed in wish.seeds or (0,)
        for task in tasks_of(
            config, first=first, days=days, seed=seed, schedule=schedule, holidays=holidays, recorded=given
        )
    ]


def _of_the_market(market: str, given: Recorded | None, first: date, days: int, zone: tzinfo) -> str:
    """Say which prices of a market are played: those that were recorded, or made up ones."""
    known = None if given is None else given.prices
    start_s, end_s = (
        datetime.combine(day, datetime.min.time(), zone).timestamp() for day in (first, first + timedelta(days=days))
    )
    share = 0.0 if known is None else known.share(start_s, end_s)
    if not share:
        return f"Prices of {market} are not known for other days; a market's are made up, hour by hour."
    if share == 1:
        return f"Prices of {market} are those that `record` wrote."
    hours = (end_s - start_s) / 3600
    return (
        f"Prices of {market} are those that `record` wrote for {share * hours:.0f} of {hours:.0f} h; "
        "for the others a market's are made up, hour by hour."
    )


def _recorded(wish: Wish, config: Config, options: Options, now: datetime, market: str) -> Recorded | None:
    if wish.csv_path is not None:
        return from_csv(wish.csv_path, config.timezone)
    if not wish.own_history:
        return None
    from solarctl.clock import SystemClock
    from solarctl.history import History

    history = History(find_state_dir(options.state_dir, config.site), SystemClock(), config.timezone)
    steered = {name for one in installations(config) for name in one.metered_loads}
    return from_history(
        history,
        now - timedelta(days=LONGEST_DAYS),
        None,
        steered,
        lambda rows: house_rows(rows, config),
        market=market,
        doubts=lambda rows, kept: doubts(rows, kept, config),
    )


def _period(wish: Wish, zone: tzinfo, now: datetime, options: Options, given: Recorded | None) -> tuple[date, int]:
    """Return the first day and how many; by default the present year, or all that was recorded."""
    today = (moment(options.now, zone) if options.now else now.astimezone(zone)).date()
    if wish.year is not None and (wish.start or wish.end):
        raise UsageError("--year and --from or --to exclude each other", hint="Give one of them.")
    if wish.days is not None and wish.end:
        raise UsageError("--days and --to exclude each other", hint="Give one of them.")
    if given is not None:
        known_first, known_days = whole_days(given, zone)
        if known_days < 1:
            raise UsageError(f"{given.source} has no whole day", hint="A day is from midnight to midnight.")
        known_last = known_first + timedelta(days=known_days - 1)
    else:
        known_first = date(wish.year or today.year, 1, 1)
        known_last = date(wish.year or today.year, 12, 31)
    if wish.year is not None and given is not None:
        known_first = max(known_first, date(wish.year, 1, 1))
        known_last = min(known_last, date(wish.year, 12, 31))
    first = _day(wish.start, "--from") or known_first
    if wish.start and given is None and wish.end is None:
        known_last = first + timedelta(days=364)
    last = _day(wish.end, "--to") or known_last
    if wish.days is not None:
        last = first + timedelta(days=wish.days - 1)
    if given is not None and not known_first <= first <= last <= known_last:
        raise UsageError(
            f"{given.source} has whole days from {known_first} to {known_last}, not from {first} to {last}",
            hint="Choose days among them.",
        )
    if last < first:
        raise UsageError(f"the last day, {last}, is before the first, {first}", hint="Swap --from and --to.")
    days = (last - first).days + 1
    if days > LONGEST_DAYS:
        raise UsageError(f"{days} days are too many", hint=f"At most {LONGEST_DAYS}, ten years.")
    return first, days


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2200:
        raise UsageError(f"{option} {text!r} is no day", hint="Write it as 2026-07-01.")
    return found


def _schedule(wish: Wish, config: Config) -> list[Entry]:
    if wish.crontab is None:
        return replanned(recommended(config), wish.replan_min)
    from solarctl.schedule.crontab import parse

    try:
        text = wish.crontab.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--crontab {wish.crontab} cannot be read: {error}", hint="Name a crontab file.") from None
    found = parse(text, source=str(wish.crontab))
    if found.problems:
        raise ConfigError(list(found.problems))
    return replanned(entries(found.ours), wish.replan_min)


def _cluster(address: str | None) -> Cluster | None:
    if address is None:
        return None
    from solarctl.simulation.dask_cluster import DaskCluster

    return DaskCluster(address)


def _names(configs: Sequence[Config]) -> list[str]:
    """Return what to call each config: its file's name, with its folder where two are the same."""
    names = [config.path.name for config in configs]
    return [name if names.count(name) == 1 else str(one.path) for name, one in zip(names, configs, strict=True)]
