"""calibrate: measure a variator's curve, or look at a file that somebody measured."""

from __future__ import annotations

from pathlib import Path

import click

from solarctl.balancing.calibrating import Calibration
from solarctl.balancing.curve_plot import svg, terminal_chart
from solarctl.balancing.feeds import Feed
from solarctl.capabilities import DeviceMeter, PowerLimiter
from solarctl.cli_options import Finite, Run, site_command
from solarctl.control.balance_settings import Settings
from solarctl.control.calibration import Fit, Point, fit_of
from solarctl.curve import read_points, resolution_percent
from solarctl.errors import ConfigError, DeviceReplyError, UsageError


@site_command("calibrate", rule=False)
@click.argument("name")
@click.option("--meter", default="", help="The load's own meter; default: the one named in [balance].")
@click.option("--fine", is_flag=True, help="Measure every percent, not 29 of them.")
@click.option(
    "--settle",
    "settle_s",
    type=Finite(0, 600),
    default=2.5,
    show_default=True,
    help="Seconds after a step until readings count.",
)
@click.option(
    "--warm-up",
    "warm_up_s",
    type=Finite(0, 3600),
    default=60.0,
    show_default=True,
    help="Seconds at full power before.",
)
@click.option("--svg", "svg_path", type=click.Path(path_type=Path, dir_okay=False), help="Draw the curve here.")
@click.option(
    "--from", "source", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Only fit this file."
)
def command(
    run: Run,
    name: str,
    meter: str,
    fine: bool,
    settle_s: float,
    warm_up_s: float,
    svg_path: Path | None,
    source: Path | None,
) -> None:
    """Measure which power a variator passes at which percent, and write its curve.

    An interrupted calibration goes on where it stopped. With --from an existing file is judged and, unless it is
    a dry run, taken over (decimal dots or commas).
    """
    device = run.site.get(name, PowerLimiter)
    path = _curve_path(run, name, device)
    if source is not None:
        points = _read(source)
        fit = _fit(points, source)
        if not run.dry_run and source.resolve() != path.resolve():
            Calibration(name, device, _no_feed(run), path, run.clock).finish(points)
    else:
        points = _measured(run, name, device, path, meter, fine=fine, settle_s=settle_s, warm_up_s=warm_up_s)
        if run.dry_run:
            return
        fit = _fit(points, path)
    _tell(run, name, path, points, fit, svg_path)


def _measured(
    run: Run, name: str, device: PowerLimiter, path: Path, meter: str, *, fine: bool, settle_s: float, warm_up_s: float
) -> list[tuple[float, float]]:
    meter = meter or _meter_of(run, name)
    feed = Feed(meter, run.site.get(meter, DeviceMeter), "device", clock=run.clock, poll_s=1.0, bell=lambda: None)
    calibration = Calibration(name, device, feed, path, run.clock)
    if run.dry_run:
        run.answer({"points": []}, f"Would step {name} from 100 % to 0 % and watch {meter}.")
        return []
    begun = calibration.begun()
    if begun:
        run.say(f"Going on with the {len(begun)} steps measured before.")

    def tell(point: Point, left: int) -> None:
        run.say(f"{point.percent:5.1f} %  {point.watts:7.1f} W  ±{point.spread_w:.1f}   {left} to go")

    with run.state.lock_run("balance"):
        feed.start()
        for broker in {id(one): one for one in (feed.broker, getattr(device, "broker", None)) if one}.values():
            broker.connect()
        try:
            points = calibration.measure(
                fine=fine, settle_s=settle_s, warm_up_s=warm_up_s, tell=tell, restart=run.budget.restart
            )
        finally:
            feed.stop()
    calibration.finish(points)
    return points


def _tell(run: Run, name: str, path: Path, points: list[tuple[float, float]], fit: Fit, svg_path: Path | None) -> None:
    kind = "phase-angle law (few points)" if fit.by_law else "monotone curve"
    sentence = (
        f"{name}: {len(points)} points, full power {fit.curve.max_w:.0f} W, {kind}, error {fit.rms_w:.1f} W rms, "
        f"at most {fit.worst_w:.0f} W at {fit.worst_percent:g} %."
    )
    if fit.left_out:
        sentence += f" Left out as misfires: {', '.join(f'{one:g} %' for one in fit.left_out)}."
    if svg_path is not None:
        svg_path.write_text(svg(name, fit.curve, points, f"{kind}, {fit.rms_w:.1f} W rms"), encoding="utf-8")
    run.answer(
        {
            "points": [[percent, watts] for percent, watts in sorted(points)],
            "curve": {
                "max_w": round(fit.curve.max_w, 1),
                "rms_w": round(fit.rms_w, 2),
                "worst_w": round(fit.worst_w, 1),
                "law_w": round(fit.law_w, 1),
                "law_rms_w": round(fit.law_rms_w, 2),
                "step_percent": resolution_percent(points),
                "left_out": list(fit.left_out),
            },
            "file": str(path),
        },
        f"{terminal_chart(fit.curve, points)}\n{sentence}",
    )


def _curve_path(run: Run, name: str, device: object) -> Path:
    path: Path | None = getattr(device, "curve_path", None)
    if path is None:
        raise ConfigError(
            f"devices.{name}.curve is missing", hint=f'Add curve = "{name}.csv"; the curve is written there.'
        )
    return path


def _meter_of(run: Run, name: str) -> str:
    loads = run.settings(Settings, "balance").loads if run.config.find("balance") is not None else ()
    found = next((load.meter for load in loads if load.device == name and load.meter), "")
    if not found:
        raise UsageError(f"which meter shows what {name} draws?", hint="Say --meter NAME.")
    return found


def _read(source: Path) -> list[tuple[float, float]]:
    try:
        return read_points(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{source}: {error}") from error


def _fit(points: list[tuple[float, float]], path: Path) -> Fit:
    try:
        return fit_of(points)
    except ValueError as error:
        raise DeviceReplyError(path.name, str(error), hint="Does the meter show this load?") from error


def _no_feed(run: Run) -> Feed:
    return Feed("", object(), "device", clock=run.clock, poll_s=1.0, bell=lambda: None)
