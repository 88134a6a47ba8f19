"""`force` and `unforce`: a person overrules the rules for a while."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import click

from solarctl.capabilities import Charger, PowerLimiter, Switch
from solarctl.cli_options import site_command
from solarctl.decision import Decision
from solarctl.decode import nearest
from solarctl.errors import UsageError
from solarctl.forced import LONGEST, MODES, Forced, drop_forced, duration, put_forced
from solarctl.limits import check_power, loads
from solarctl.run import Run
from solarctl.until import after, end_of


class Reason(StrEnum):
    FORCED = "forced"
    UNFORCED = "unforced"


@site_command("force", rule=False)
@click.argument("name")
@click.argument("watts", required=False, type=float)
@click.option("--mode", type=click.Choice(MODES), help="A charger's mode: off, surplus, min+surplus or now.")
@click.option("--for", "for_", metavar="TIME", help="How long: 2h, 90min, 3600 (s).  [default: 2h]")
@click.option("--until", metavar="TIME", help="Till when, instead: 18:00, tomorrow 06:00, friday.")
def force(run: Run, name: str, watts: float | None, mode: str | None, for_: str | None, until: str | None) -> None:
    """Give a load or charger manual power: NAME is a device, WATTS its power (as much as it takes, if left out).

    It ends by itself. `balance`, `easee-balance` and `apply` heed it within their next look.
    """
    _check_name(run, name)
    _check_heeded(run, name)
    if mode is not None and not run.site.offers(name, Charger):
        raise UsageError(f"{name} is no charger; --mode is for chargers", hint=f"solarctl force {name} WATTS")
    if watts is not None:
        check_power(run, name, watts)
    end = _end(run, for_, until)
    if not run.dry_run:
        with run.state.transaction() as state:
            put_forced(state, Forced(name, end, watts, mode), run.now)
    what = " ".join(filter(None, (f"to {watts:.0f} W" if watts is not None else "", f"in mode {mode}" if mode else "")))
    verb = "would be" if run.dry_run else "is"
    told = f"{name} {verb} forced {what or 'to all it takes'} until {end:%Y-%m-%d %H:%M}."
    run.conclude(Decision(Reason.FORCED, told))


@site_command("unforce", rule=False)
@click.argument("name")
def unforce(run: Run, name: str) -> None:
    """Let the rules steer NAME again."""
    _check_name(run, name)
    if run.dry_run:
        run.conclude(Decision(Reason.UNFORCED, f"The rules would steer {name} again."))
        return
    with run.state.transaction() as state:
        was_forced = drop_forced(state, name, run.now)
    told = f"The rules steer {name} again." if was_forced else f"{name} was not forced."
    run.conclude(Decision(Reason.UNFORCED, told))


def _end(run: Run, for_: str | None, until: str | None) -> datetime:
    if until is None:
        try:
            return after(run.now, duration((for_ if for_ is not None else "2h").strip().removeprefix("+")))
        except ValueError as error:
            raise UsageError(f"--for: {error}") from error
    if for_ is not None:
        raise UsageError("--for and --until are two ways to say the same", hint="Give one of them.")
    end = end_of(until, run.now)
    if end > after(run.now, LONGEST):
        raise UsageError(f"--until {until!r} is more than {LONGEST.days} days away")
    return end


def _check_heeded(run: Run, name: str) -> None:
    """Refuse a device that nobody would give the power to, however long it stays forced."""
    heeded = [row.get("device") for row in loads(run)]
    heeded.append(run.config.find("easee-balance.charger"))
    can_be = sorted({one for one in heeded if isinstance(one, str)})
    if name not in can_be:
        hint = f"These can be forced: {', '.join(can_be)}." if can_be else "Those of [balance] or [plan] can be."
        raise UsageError(f"no command heeds a forced power of {name}", hint=hint)


def _check_name(run: Run, name: str) -> None:
    known = run.config.names("devices")
    if name not in known:
        raise UsageError(f"there is no device {name!r}", hint=nearest(name, known))
    if not any(run.site.offers(name, kind) for kind in (PowerLimiter, Switch, Charger)):
        raise UsageError(f"{name} is nothing that can be switched, dimmed or charged with")
