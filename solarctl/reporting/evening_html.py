"""The evening mail as HTML: one column, styles beside each element, nothing from elsewhere; for any mail program.

The picture stands inside the mail (cid:); who sees no pictures has the numbers, and the legend says the colours' names.
"""

from __future__ import annotations

from collections.abc import Iterable

from solarctl.reporting.day_plot import CHARGE, SERIES
from solarctl.reporting.evening import Facts
from solarctl.reporting.evening_words import (
    day_words,
    done_lines,
    energy_rows,
    now_rows,
    today_words,
    worst_sentence,
    wrong_lines,
)
from solarctl.reporting.markup import escape

PICTURE = "day.png"
FONT = "font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;"


def html(facts: Facts, *, with_picture: bool) -> str:
    """Return the whole mail."""
    parts = [
        f'<h1 style="font-size:20px;margin:0 0 4px;color:#212529">{escape(facts.battery)}</h1>',
        f'<p style="margin:0 0 16px;color:#6c757d">{escape(day_words(facts))}</p>',
        *(_remark(one) for one in facts.remarks),
        _table(now_rows(facts)),
    ]
    energies = energy_rows(facts)
    if energies:
        parts += [_title(today_words(facts)), _table(energies)]
    if (sentence := worst_sentence(facts)) is not None:
        parts.append(f'<p style="margin:12px 0">{escape(sentence)}</p>')
    if with_picture:
        parts.append(_picture(facts))
    parts += _list("What solarctl did", done_lines(facts))
    parts += _list("What went wrong", wrong_lines(facts))
    parts += _list("Not known", facts.unknown)
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{escape(facts.battery)}</title></head>\n"
        f'<body style="margin:0;padding:0;background:#f1f3f5">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f1f3f5">'
        '<tr><td align="center" style="padding:12px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        'style="max-width:600px;background:#ffffff;border-radius:8px">'
        f'<tr><td style="padding:20px;{FONT}font-size:16px;line-height:1.45;color:#212529">\n{body}\n'
        '<p style="margin:20px 0 0;font-size:13px;color:#6c757d">More: solarctl why, solarctl status</p>'
        "</td></tr></table></td></tr></table></body></html>\n"
    )


def _title(words: str) -> str:
    return f'<h2 style="font-size:16px;margin:18px 0 6px;color:#212529">{escape(words)}</h2>'


def _remark(words: str) -> str:
    return (
        '<p style="margin:0 0 14px;padding:10px 12px;background:#fff3cd;border-left:4px solid #f0ad14">'
        f"{escape(words)}</p>"
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><td style="padding:4px 12px 4px 0;color:#495057;border-bottom:1px solid #e9ecef">{escape(label)}</td>'
        f'<td align="right" style="padding:4px 0;border-bottom:1px solid #e9ecef"><b>{escape(value)}</b></td></tr>'
        for label, value in rows
    )
    return f'<table width="100%" cellpadding="0" cellspacing="0" style="{FONT}font-size:16px">{cells}</table>'


def _list(title: str, lines: Iterable[str]) -> list[str]:
    items = "".join(f'<li style="margin:0 0 6px">{escape(line)}</li>' for line in lines)
    return [_title(title), f'<ul style="margin:0;padding:0 0 0 20px">{items}</ul>'] if items else []


def _picture(facts: Facts) -> str:
    peak = ", the peak shaded" if facts.peaks else ""
    legend = " &nbsp; ".join(
        f'<span style="color:rgb{colour}">&#9632;</span> {name}'
        for colour, name in [*SERIES.values(), (CHARGE, "charge")]
    )
    return (
        f'<p style="margin:18px 0 6px"><img src="cid:{PICTURE}" width="560" '
        f'alt="Power and charge over the day{peak}" style="width:100%;max-width:560px;height:auto;border:0"></p>'
        f'<p style="margin:0 0 12px;font-size:13px;color:#495057">{legend}. Above zero the grid is bought from and '
        f"the battery discharges{peak}.</p>"
    )
