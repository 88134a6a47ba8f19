"""What a run opens: config.toml at once, everything else on first use, so that looking costs little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from solarctl.clock import TimeBudget
from solarctl.config import Config, find_path, find_state_dir
from solarctl.context import Clock, Context
from solarctl.findings import Findings
from solarctl.options import Options, moment

if TYPE_CHECKING:
    from solarctl.history import History
    from solarctl.site import Site
    from solarctl.state import StateFile
    from solarctl.state_store import StateStore

T = TypeVar("T")


class Opening(Findings):
    """The config, the clock and the budget of a run; and its site, state and history, opened when asked for."""

    def __init__(self, command: str, options: Options, clock: Clock, log: Callable[[str], None]) -> None:
        super().__init__()
        self.command = command
        self.options = options
        self.clock = clock
        self.log = log
        self._decoded: dict[str, Any] = {}  # tables by their path
        self.config = Config.load(find_path(options.config))
        self.started_at = clock.now()
        self.started_s = clock.monotonic()
        self.state_dir = find_state_dir(options.state_dir, self.config.site)
        zone = self.config.timezone
        today = self.started_at.astimezone(zone).date()
        self.what_if = moment(options.now, zone, today) if options.now is not None else None
        self.dry_run = options.dry_run or self.what_if is not None
        self.budget = TimeBudget(clock, self.config.site.budget_s)
        self.config.time_left_s = self.budget.timeout_s  # of a program that gives a secret, too

    @cached_property
    def site(self) -> Site:
        """The devices and accounts."""
        from solarctl.site import Site

        return Site(self.config, self._context, self._keys_naming)

    @property
    def context(self) -> Context:
        """What drivers are given."""
        return self.site.context

    @cached_property
    def state(self) -> StateFile:
        """What the next run needs to decide."""
        from solarctl.state import StateFile

        return StateFile(self.state_dir, self.clock, timezone=self.config.timezone, on_loss=self.note)

    @cached_property
    def store(self) -> StateStore:
        """What drivers remember between runs."""
        return self.state.store(dry_run=self.dry_run)

    @cached_property
    def history(self) -> History:
        """What a person needs to understand; kept as [history] says."""
        from solarctl import history
        from solarctl.errors import ConfigError

        try:
            settings = self.config.table("history", history.Settings)
        except ConfigError as error:
            self.warn(f"[history] is not heeded: {error}")
            settings = history.Settings()
        return history.History(self.state_dir, self.clock, self.config.timezone, settings)

    @property
    def now(self) -> datetime:
        """The moment the rule decides for, in the site's zone: `--now`, or the real one."""
        return self.what_if or self.clock.now().astimezone(self.config.timezone)

    def settings(self, cls: type[T], table: str = "", *, required: bool | None = None) -> T:
        """Return a table of the config as `cls`: the command's own, which must be there, or another one."""
        path = table or self.command
        found = self.config.table(path, cls, required=not table if required is None else required)
        self._decoded[path] = found
        return found

    def _keys_naming(self, device: str, capability: type) -> list[str]:
        """Return the keys of the tables decoded so far that name a device for what it can do."""
        from solarctl.device_keys import device_keys

        keys = [key for path, settings in self._decoded.items() for key in device_keys(settings, path)]
        return [key.path for key in keys if key.device == device and capability in key.capabilities]

    def _context(self, site: Site) -> Context:
        where = self.config.site
        return Context(
            clock=self.clock,
            budget=self.budget,
            store=self.store,
            tokens=self.state.tokens,
            timezone=self.config.timezone,
            account=site.account,
            site={
                "latitude": where.latitude,
                "longitude": where.longitude,
                "temperature_unit": where.temperature_unit,
                "timezone": where.timezone,
                "config_dir": self.config.folder,
                "devices_of": self.config.devices_of_accounts(),
            },
            cache_dir=self.state_dir / "cache",
            log=self.log,
        )
