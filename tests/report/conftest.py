"""A house with two recorded days and a month, and a browser that looks at pages."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.home import Home

ZONE = ZoneInfo("Europe/Prague")
CONFIG = """
[site]
timezone = "Europe/Prague"
[devices.inverter]
driver = "solax-cloud"
account = "solax"
serial = "SW"
[accounts.solax]
service = "solax-cloud"
token = "not-a-token"
[tariff]
currency = "EUR"
import_price = 0.20
export_price = 0.10
[[tariff.windows]]
from = "17:00"
to = "21:00"
import_price = 0.40
"""
DAY = date(2026, 7, 1)
ODD = "Battery at 12 %, below 15 % <b>&amp;</b>."


def readings(at, *, solar=0.0, load=500.0, battery=0.0, soc=50.0, device="inverter"):
    """Return a row of the journal; the grid makes up the rest."""
    text = at.isoformat(timespec="seconds")
    head = {"device": device, "at": text}
    rows = [
        head | {"what": "grid", "grid_w": load - solar - battery},
        head | {"what": "solar", "solar_w": solar},
        head | {"what": "load", "load_w": load},
        head | {"what": "battery", "battery_w": battery, "soc_pct": soc},
    ]
    return {"kind": "readings", "at": text, "readings": rows}


def decision(at, reason, *, because="So.", actions=(), exit_code=0, command="grid-guard"):
    text = at.isoformat(timespec="seconds")
    row = {"kind": "decision", "command": command, "at": text, "reason": reason, "because": because, "dry_run": False}
    errors = [{"kind": "DeviceUnreachable", "device": "inverter", "message": "silent", "hint": ""}] if exit_code else []
    return row | {"exit": exit_code, "readings": [], "actions": list(actions), "errors": errors, "took_s": 0.1}


ON = {"device": "relay", "action": "switch", "to": True, "outcome": "done"}


def write(home, day, rows):
    folder = home.state_dir / "history"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{day}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def a_day(day):
    """Yield a sunny day's rows, every five minutes, in order."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    for index in range(288):
        at = start + timedelta(minutes=5 * index)
        solar = max(0.0, 4000 * math.sin((at.hour + at.minute / 60 - 6) / 12 * math.pi)) if 6 <= at.hour < 18 else 0.0
        yield readings(at, solar=solar, soc=20 + index / 4)
        if at.hour == 4 and at.minute < 15:
            low = at.minute == 5
            yield decision(at, "low" if low else "hold", because=ODD if low else "So.", actions=[ON] if low else [])
        if at.hour == 13 and at.minute < 20:
            yield decision(at, "no-reading", exit_code=75)


@pytest.fixture
def house(tmp_path):
    """A house with the first three days of July on record."""
    return recorded(tmp_path)


def recorded(folder):
    home = Home(folder, ())
    home.write(CONFIG)
    for offset in range(3):
        day = DAY + timedelta(days=offset)
        write(home, day, a_day(day))
    return home


PROBE = """<!DOCTYPE html><meta charset="utf-8"><pre id="found"></pre>
<iframe id="page" style="border:0"></iframe><script>
const asked = __ASKED__, frame = document.getElementById("page");
frame.style.width = asked.width + "px"; frame.style.height = "2000px";
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const onPaper = rules => [...rules].filter(rule => rule.media && rule.media.mediaText == "print")
    .forEach(rule => { rule.media.mediaText = "all"; });
  if (asked.print) for (const sheet of page.styleSheets) onPaper(sheet.cssRules);
  const seen = one => one.getClientRects().length > 0 && one.getBoundingClientRect().width > 0;
  const style = one => view.getComputedStyle(one);
  const texts = query => [...page.querySelectorAll(query)].map(one => one.textContent);
  const plot = [...page.querySelectorAll("svg")].filter(seen);
  document.getElementById("found").textContent = JSON.stringify({
    title: page.title, heading: texts("h1"), sections: texts("h2"), tiles: texts(".tiles div"), items: texts("ol li"),
    shown: plot.map(one => one.getAttribute("class")), heights: plot.map(one => one.getBoundingClientRect().height),
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    ink: style(page.body).color, ground: style(page.body).backgroundColor,
    marks: plot.flatMap(one => [...one.querySelectorAll(".mark title")].map(mark => mark.textContent)),
    fills: plot.flatMap(one => [...one.querySelectorAll(".mark")].map(mark => style(mark).fill)),
    lines: plot.flatMap(one => [...one.querySelectorAll("path")].map(path => style(path).stroke)),
    letters: plot.flatMap(one => [...one.querySelectorAll("text")].map(text => text.getBoundingClientRect().height)),
    hovers: plot.flatMap(one => [...one.querySelectorAll(".hover")].filter(seen)).length,
    targets: [...page.querySelectorAll("svg a")].every(a => page.querySelector(a.getAttribute("href"))),
    body: page.body.innerText });
};
frame.srcdoc = __PAGE__;
</script>"""
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=5000"),
)
DARK = "--blink-settings=preferredColorScheme=0"


@dataclass
class Browser:
    """A real browser; `look` lays a page out and returns what is to be seen on it."""

    program: str
    folder: Path
    count: int = 0

    def look(self, html, *, width=1000, dark=False, on_paper=False):
        self.count += 1
        folder = self.folder / f"look-{self.count}"
        folder.mkdir()
        asked = json.dumps({"width": width, "print": on_paper})
        quoted = json.dumps(html).replace("</", "<\\/")
        probe = folder / "probe.html"
        probe.write_text(PROBE.replace("__ASKED__", asked).replace("__PAGE__", quoted), encoding="utf-8")
        words = [self.program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
        done = subprocess.run(
            [*words, *([DARK] if dark else []), probe.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        found = done.stdout.partition('<pre id="found">')[2].partition("</pre>")[0]
        assert found, done.stderr[-2000:]
        from html import unescape

        return json.loads(unescape(found))

    def pages_on_paper(self, path):
        """Print a file and return how many sheets it takes."""
        target = self.folder / f"{path.stem}.pdf"
        profile = self.folder / "print"
        words = [self.program, *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={target}", path.as_uri()]
        subprocess.run(words, capture_output=True, timeout=120, check=True)
        return target.read_bytes().count(b"/Type /Page\n")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium, which .ci/run installs."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "there is no Chromium on this computer; .ci/run installs it (apt-get install chromium)"
    return Browser(program, tmp_path_factory.mktemp("browser"))
