"""What solarctl did, as the last section of a report's page: how often each command ran, and the moments that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from solarctl.reporting import report_svg
from solarctl.reporting.markup import escape
from solarctl.reporting.report import Report
from solarctl.reporting.report_decisions import Mark, in_a_row, when
from solarctl.reporting.report_tables import cell

MOST_MARKS = 400  # on one page; the newest


def told(report: Report) -> list[Mark]:
    """Return the marks that the page tells: what one rule does again and again is told once."""
    return in_a_row(report.marks)[-MOST_MARKS:]


def section(report: Report) -> Iterator[str]:
    """Yield the section; of a month or a year the moments are folded up: they are many, and no plot leads to them."""
    is_day = report.period.kind == "day"
    yield '<section class="long" id="decisions"><h2>What solarctl did</h2>'
    yield _runs(report) if is_day or not report.commands else _table(report)
    shown, count = told(report), len(in_a_row(report.marks))
    which = f"The last {len(shown)} of {count} moments; all of them: --json" if len(shown) < count else ""
    if not shown:
        yield "<p>Nothing had to be changed.</p>"
    elif is_day:
        yield (f'<p class="soft">{which}.</p>' if which else "") + _items(shown, "%H:%M")
    else:
        words = which or f"{count} moment{'s' if count > 1 else ''}"
        yield f"<details><summary>{words}</summary>{_items(shown, '%a %d %b %H:%M')}</details>"
    yield "</section>"


def _runs(report: Report) -> str:
    runs = ", ".join(
        f"{name} {count} times" + (f" ({bad} in trouble)" if bad else "")
        for name, (count, bad) in report.commands.items()
    )
    return f'<p class="soft">{escape(f"It ran: {runs}.") if runs else "No run is on record."}</p>'


def _table(report: Report) -> str:
    """Return a row for each command; a run that repeats the one before is a run, and no change."""
    changes = Counter(one.command for one in report.marks if one.kind == "change")
    rows = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell(one, 0)}</td>' for one in (runs, changes[name], bad))}</tr>"
        for name, (runs, bad) in report.commands.items()
    )
    heads = "<tr><th></th><th>Runs</th><th>Changes</th><th>Trouble</th></tr>"
    return f'<div class="scroll"><table class="runs"><thead>{heads}</thead><tbody>{rows}</tbody></table></div>'


def _items(shown: list[Mark], form: str) -> str:
    items = "".join(
        f'<li id="{report_svg.anchor(number)}" class="{one.kind}"><b>{when(one, form)}</b> '
        f'{escape(one.command)} <span class="soft">[{escape(one.reason)}]</span><br>{escape(one.said)}</li>'
        for number, one in enumerate(shown)
    )
    return f"<ol>{items}</ol>"
