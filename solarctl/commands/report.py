"""`report`: a day, a month or a year as a page with pictures, as SVG, CSV or JSON."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from solarctl.cli_options import site_command
from solarctl.errors import StateError, UsageError
from solarctl.output import is_terminal
from solarctl.run import Run

FORMATS = ("html", "svg", "csv")


@site_command("report", rule=False)
@click.argument("kind", type=click.Choice(["day", "month", "year"]), default="day")
@click.argument("which", required=False)
@click.option("--html", is_flag=True, help="One page that needs nothing else (the default).")
@click.option("--svg", is_flag=True, help="The first plot alone.")
@click.option("--csv", is_flag=True, help="A day by five minutes, longer periods by day.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
@click.option("--meter", multiple=True, metavar="NAME", help="Go by these devices only (default: who knows most).")
def command(run: Run, kind: str, which: str | None, output: Path | None, meter: tuple[str, ...], **forms: bool) -> None:
    """Show a day, month or year: energies, charge, decisions and cost, as one page with pictures.

    WHICH is 2026-07-01, 2026-07, 2026, yesterday or last; by default the present one. In a pipe the page is
    printed; at a terminal it is put into a file here.
    """
    from solarctl.reporting import report_tables
    from solarctl.reporting.report import gather
    from solarctl.reporting.report_period import period

    chosen = [name for name in FORMATS if forms[name]]
    if len(chosen) > 1:
        raise UsageError(f"one report is one of --{', --'.join(chosen)}", hint="Type the command once for each.")
    wanted = period(kind, which, run.now.date(), run.config.timezone)
    for name in meter:
        run.config.entry("devices", name)
    form = chosen[0] if chosen else (output.suffix.lstrip(".").lower() if output and output.suffix else "html")
    if form not in FORMATS:
        raise UsageError(f"a report is no {form}", hint="Name the file .html, .svg or .csv; JSON is --json.")
    run.fold_history()
    report = gather(run, wanted, meter)
    content = _content(report, form)
    if output is None and not run.options.json and form == "html" and is_terminal(sys.stdout):
        output = Path(f"solarctl-{wanted.name}.html")
    words = report_tables.text(report)
    if not content:
        run.warn(f"{report.period.title}: nothing is on record to draw, so there is no picture.")
        output, words = None, ""
    elif output is not None:
        _write(output, content)
        words += f"\nWritten: {output}"
    elif not run.options.json:
        words = content.rstrip("\n")
    run.answer(report_tables.to_json(report) | {"file": str(output) if output else None}, words)


def _content(report: object, form: str) -> str:
    from solarctl.reporting.report import Report

    assert isinstance(report, Report)
    if form == "csv":
        from solarctl.reporting import report_tables

        return report_tables.to_csv(report)
    from solarctl.reporting import report_page

    if form == "html":
        return report_page.html(report)
    return report_page.svg(report)


def _write(path: Path, content: str) -> None:
    """Write a file whole or not at all: who looks at it meanwhile sees the old one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StateError(f"{path} cannot be written: {error.strerror}") from error
