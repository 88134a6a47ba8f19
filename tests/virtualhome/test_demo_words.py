"""What a newcomer reads: the opening, which runs are news, and the sentences below the table."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from solarctl.commands import COMMANDS
from solarctl.commands.demo import _say_what_is_left, _view
from solarctl.options import Options
from solarctl.runner import Environment
from solarctl.simulation.demo import Day, Ran
from solarctl.simulation.demo_folder import new_mails
from solarctl.simulation.live import LiveView
from solarctl.simulation.opening import opening
from solarctl.simulation.plain_view import PlainView, is_news, letter
from solarctl.simulation.serve import _invitation
from solarctl.simulation.summary import summary, table
from solarctl.virtualhome.emulators.smtp import MailServer
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.mail_session import Received
from solarctl.virtualhome.scenario import Figure, Home
from solarctl.virtualhome.scenarios import load, names

AT = datetime(2026, 7, 15, 14, tzinfo=UTC)


def _home(scenario: str) -> Home:
    return cast("Home", SimpleNamespace(scenario=load(scenario)))


@pytest.mark.parametrize("width", [60, 80, 112])
def test_the_opening_fits_the_terminal(width: int) -> None:
    """No line is wider than the terminal, and each job of crontab.example stands whole on a line of its own."""
    lines = opening(_home("first-look"), width)
    assert max(map(len, lines)) <= width
    scenario = load("first-look")
    for line in scenario.crontab.splitlines():
        job, _mark, remark = line.partition("#")
        if job.strip():
            assert any(said.strip().startswith(job.strip()) for said in lines)
            told = remark if width > 100 else re.split("[;,]", remark)[0]
            assert all(word in " ".join(lines) for word in told.split())
    assert len(lines) <= 32


def _renewed(*accounts: str, exit_code: int = 0) -> Ran:
    actions = [{"action": "token", "device": one, "to": None, "outcome": "done"} for one in accounts]
    errors = [{"device": "tuya", "message": "refused"}] if exit_code else []
    row = {"reason": "renewed" if accounts else "not-due", "actions": actions, "errors": errors}
    return Ran(AT, "token-refresh", exit_code, row, "", (), 0, 0, 0, 0, None, False)


def test_a_token_is_news_once() -> None:
    """Tokens of an hour are renewed all day: the first time of each is told, trouble and its end are told."""
    last: dict[str, object] = {}
    day = [
        (_renewed("tuya"), True),
        (_renewed(), False),
        (_renewed("tuya"), False),
        (_renewed("tuya", "easee"), True),
        (_renewed("tuya", "easee"), False),
        (_renewed(exit_code=77), True),
        (_renewed(exit_code=77), False),
        (_renewed("tuya"), True),
        (_renewed("tuya"), False),
    ]
    assert [is_news(ran, last) for ran, _ in day] == [news for _, news in day]


def test_a_charge_that_is_trimmed_is_told_now_and_then() -> None:
    """Begin, end, another reason and each quarter of an hour are told; the steps between are not."""
    last: dict[str, object] = {}

    def limited(minute: int, to: int, reason: str) -> Ran:
        action = {"action": "limit", "device": "car", "to": to, "outcome": "done"}
        row = {"reason": reason, "actions": [action]}
        return Ran(AT + timedelta(minutes=minute), "easee-balance", 0, row, "", (), 0, 0, 0, 0, None, False)

    day = [(0, 8, "surplus", True), (1, 9, "surplus", False), (9, 7, "surplus", False), (10, 6, "holding", True)]
    day += [(11, 6, "holding", False), (12, 8, "surplus", True), (27, 9, "surplus", True), (28, 0, "stopping", True)]
    day += [(30, 6, "surplus", True)]
    assert [is_news(limited(*one), last) for *one, _ in day] == [news for *_, news in day]


def test_the_same_trouble_of_a_meter_is_told_once() -> None:
    """`record` decides nothing: what nothing outside should cause is told when it begins, not every five minutes."""
    last: dict[str, object] = {}

    def recorded(exit_code: int, message: str) -> Ran:
        row = {"reason": None, "actions": [], "errors": [{"device": "x", "message": message}] if message else []}
        return Ran(AT, "record", exit_code, row, "", (), 0, 0, 0, 0, None, False)

    day = [(0, "", False), (78, "no such serial", True), (78, "no such serial", False), (75, "silent", False)]
    day += [(0, "", False), (78, "no such serial", True), (78, "another", True)]
    assert [is_news(recorded(code, message), last) for code, message, _ in day] == [news for *_, news in day]


def test_a_mail_stays_within_its_margin() -> None:
    """Long lines of a mail are folded, and what is indented stays so."""
    text = f"Charge: 28 %\n\n  {'long words ' * 12}\n"
    mail = [{"action": "mail", "device": "mail", "to": "x", "outcome": "done"}]
    lines = letter(Ran(AT, "eod-status", 0, {"text": text, "actions": mail}, "", (), 0, 0, 0, 0, None, False))
    assert lines[1:3] == ["    │ Charge: 28 %", "    │"]
    assert len(lines) > 5
    assert all(line.startswith(("    │   long", "    │   words")) for line in lines[3:-1])
    assert max(map(len, lines)) <= 80


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("term", "view"), [("dumb", PlainView), ("unknown", PlainView), ("xterm-256color", LiveView)])
def test_a_terminal_that_cannot_draw_gets_the_log(term: str, view: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that cannot be drawn anew would leave nothing to see until the day is over."""
    monkeypatch.setenv("TERM", term)
    assert isinstance(_view(Options(), Environment(out=_Terminal())), view)


def _day(**parts: Any) -> Day:
    return Day(load("summer"), 0, Energies(), **parts)


def test_the_sentence_stands_right_below_the_table() -> None:
    """What came of the day first, then how many runs and requests it took; codes are counted in words."""
    counters = {"easee": {"requests": 3, "logins": 1}, "smtp": {"mails": 2}}
    lines = summary(_day(exits=Counter({0: 5, 75: 2}), counters=counters, troubles=1))
    begin = lines.index("Never without supply.")
    assert lines[begin - 2].strip().startswith("of which commands")
    assert (
        lines[begin + 2]
        == "7 runs through 1 trouble of clouds and devices: 5 fine, 2 said what was wrong (2 with exit 75)."
    )
    assert lines[begin + 3] == "Asked of the emulated clouds and devices: easee 3 requests, 1 log-ins; smtp 2 mails."


def test_several_houses_in_one_table_are_said() -> None:
    """The mail is about one house; the table's heading says that it is about all."""
    day = Day(replace(load("summer"), whose="all three houses together"), 0, Energies())
    assert summary(day)[0] == "The day in figures, all three houses together"
    assert load("first-look").whose


def test_a_count_has_no_decimals() -> None:
    """A car starts twice, not 2.0 times, and no blank stands where a unit would."""
    starts = next(one for one in load("car-arrives").figures if one.key == "car_starts")
    shown = Figure(starts.key, starts.label, starts.unit, starts.of, starts.decimals)
    day = Day(replace(load("summer"), figures=(shown,)), 0, Energies(), figures={"with solarctl": {"car_starts": 2.0}})
    assert [starts.label, "2"] in table(day)


@pytest.mark.parametrize("scenario", names())
def test_a_served_home_invites_to_commands_that_there_are(scenario: str) -> None:
    """Status, cron and setup, each a command line that the program takes."""
    lines = _invitation(_home(scenario), Path("/home/config.toml"), Path("/home/state"))
    said = re.findall(r"solarctl ([a-z-]+)", "\n".join(lines))
    assert {"crontab", "setup"} <= set(said)
    assert set(said) <= set(COMMANDS)


def test_what_to_do_next_is_said() -> None:
    """A newcomer learns how to try commands by hand, and how to begin at home."""
    out = io.StringIO()
    _say_what_is_left(_day(), [], None, Environment(out=out))
    assert "solarctl demo --serve" in out.getvalue()
    assert "solarctl setup" in out.getvalue()


def test_a_served_homes_mails_are_files(tmp_path: Path) -> None:
    """Each mail is written once, when it has come."""
    server = MailServer(None, cast("Any", None))
    home = cast("Home", SimpleNamespace(emulators=(server,)))
    assert new_mails(tmp_path, home, frozenset()) == []
    server.messages.append(Received(AT, "a@example.com", ["b@example.com"], b"Subject: one\r\n\r\nFine.\r\n"))
    first = new_mails(tmp_path, home, frozenset())
    assert [path.name for path in first] == ["mail-1.eml"]
    server.messages.append(Received(AT, "a@example.com", ["b@example.com"], b"Subject: two\r\n\r\nFine.\r\n"))
    assert [path.name for path in new_mails(tmp_path, home, set(first))] == ["mail-2.eml"]
