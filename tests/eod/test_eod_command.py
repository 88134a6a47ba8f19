"""`eod-status` in an evening of cron: the real command, a real mail server, and everything that can go wrong."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.home import Home, served

PRAGUE = ZoneInfo("Europe/Prague")
EVENING = datetime(2026, 7, 15, 20, 5, tzinfo=PRAGUE)
TABLES = """
[tariff]
import_price = 0.30
export_price = 0.08
currency = "EUR"
[[tariff.windows]]
days = "mon-fri"
from = "14:00"
to = "20:00"
[eod-status]
battery = "powerwall"
"""
PEAK_MODE = '[peak-mode]\nbattery = "powerwall"\n'


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(EVENING - timedelta(hours=8))


@pytest.fixture
def home(tmp_path: Path, clock: DrivenClock) -> Iterator[Home]:
    with served(tmp_path, "tesla", tables=TABLES, clock=clock) as home:
        for _ in range(8 * 12):
            clock.sleep(300)
            home.house.advance(clock.now())
        home.clock.sleep((EVENING - clock.now()).total_seconds())
        yield home


@pytest.fixture
def mail(home: Home, clock: DrivenClock) -> Iterator[MailServer]:
    running = MailServer(None, clock).start()
    home.configure(TABLES + running.config())
    yield running
    running.stop()


def tesla(home: Home) -> Any:
    return home.emulators["tesla"]


def discharging(home: Home, watts: float) -> None:
    home.house.battery.force_w = watts  # type: ignore[union-attr]
    home.house.settle()


def letter(mail: MailServer, index: int = -1) -> EmailMessage:
    found = email.message_from_bytes(mail.messages[index].data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_without_a_mail_server_it_prints(home: Home) -> None:
    """Without [mail] the first run prints the evening, and later runs say that it was told."""
    said = home.run("eod-status")
    assert said.exit == 0
    assert "Today" in said.out
    assert "Worst half hour" in said.out or "nothing was bought" in said.out
    again = home.json("eod-status")
    assert (again["reason"], again["actions"], again["readings"]) == ("told", [], [])


def test_the_mail(home: Home, mail: MailServer) -> None:
    """Text and HTML say the same, the picture is inside, and no picky server would refuse it."""
    discharging(home, 800)
    row = home.json("eod-status")
    assert (row["reason"], row["exit"]) == ("evening", 0)
    assert [(one["action"], one["outcome"]) for one in row["actions"]] == [("mail", "done")]
    message = letter(mail)
    kinds = [part.get_content_type() for part in message.walk()]
    expected = ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert kinds == expected
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for words in ("50 %", "discharging with 800 W", "Bought from the grid", "EUR"):
        assert words in text
        assert words in page
    assert "cid:day.png" in page
    assert str(message["Subject"]).startswith("powerwall at ")
    assert mail.violations == []


def test_what_it_asks(home: Home, mail: MailServer) -> None:
    """Five requests for everything, none by the runs that have nothing to do."""
    home.run("token-refresh")
    before = len(tesla(home).journal)
    home.run("eod-status")
    asked = [one.path.rpartition("/")[2] for one in tesla(home).journal[before:]]
    assert asked == ["live_status", "site_info", *["calendar_history"] * 3]
    home.run("eod-status")
    assert len(tesla(home).journal) - before == 5


def test_a_second_look(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """Above the limit a later run looks again, once; no run sleeps."""
    discharging(home, 1500)
    home.run("eod-status")
    clock.sleep(300)
    discharging(home, 200)
    row = home.json("eod-status")
    assert row["reason"] == "second-look"
    assert "discharging with 200 W" in letter(mail)["Subject"]
    for _ in range(3):
        clock.sleep(300)
        assert home.json("eod-status")["reason"] == "told"
    assert len(mail.messages) == 2


@pytest.mark.parametrize("watts", [1000.0, -3000.0])
def test_no_second_look(home: Home, mail: MailServer, clock: DrivenClock, watts: float) -> None:
    """The limit itself and charging are no reason to look again."""
    discharging(home, watts)
    home.run("eod-status")
    clock.sleep(300)
    assert home.json("eod-status")["reason"] == "told"
    assert len(mail.messages) == 1


def test_a_reserve_that_was_left_behind(home: Home, mail: MailServer) -> None:
    """A reserve still at the peak's is noticed and put right."""
    home.configure(TABLES + mail.config() + PEAK_MODE)
    tesla(home).site.set_reserve(0)
    row = home.json("eod-status")
    assert [(one["action"], one["to"], one["outcome"]) for one in row["actions"][:1]] == [("reserve", 100.0, "done")]
    assert tesla(home).site.reserve_pct == 100
    assert "still 0 % after the peak" in letter(mail).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert letter(mail)["Subject"].startswith("Look: ")


def test_a_peak_that_has_just_ended(home: Home, mail: MailServer) -> None:
    """In the very minute of the end the reserve is put right, without any alarm."""
    home.configure((TABLES + mail.config() + PEAK_MODE).replace('to = "20:00"', 'to = "20:04"'))
    tesla(home).site.set_reserve(0)
    row = home.json("eod-status")
    assert [one["outcome"] for one in row["actions"]] == ["done", "done"]
    assert not letter(mail)["Subject"].startswith("Look")


@pytest.mark.parametrize("why", ["paused", "storm", "manual", "no-rule"])
def test_a_reserve_that_must_stay(home: Home, mail: MailServer, clock: DrivenClock, why: str) -> None:
    """Paused, in a storm, chosen by a person, or without [peak-mode], it is left alone."""
    home.configure(TABLES + mail.config() + ("" if why == "no-rule" else PEAK_MODE))
    if why == "manual":
        home.run("peak-mode")
    if why == "paused":
        home.run("pause", "peak-mode")
    tesla(home).site.storm = why == "storm"
    tesla(home).site.set_reserve(0)
    writes = len(tesla(home).writes)
    row = home.json("eod-status")
    assert [one["action"] for one in row["actions"]] == ["mail"]
    assert len(tesla(home).writes) == writes
    if why != "no-rule":
        assert letter(mail)["Subject"].startswith("Look: ")


def test_what_was_done_today(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """The mail tells what was changed, why, and what went wrong."""
    home.configure(TABLES + mail.config() + PEAK_MODE)
    home.run("peak-mode")
    tesla(home).faults.set("http", 503)
    home.run("peak-mode")
    tesla(home).faults.clear()
    home.run("eod-status")
    text = " ".join(letter(mail).get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "20:05 peak-mode: Off-peak until Thu 13:50: reserve 100 %" in text
    assert "peak-mode failed once of 2" in text


def test_missed_runs_are_named(home: Home, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that cron should have run and that left no trace is named."""
    crontab = home.folder / "crontab"
    crontab.write_text("50 13 * * * solarctl peak-mode -q\n")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    home.configure(TABLES + mail.config() + PEAK_MODE)
    home.run("eod-status")
    assert "peak-mode should have run at" in letter(mail).get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_tokens_soon_to_expire_are_named(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """A long-lived token that runs out within days is named with what to type; one of hours is not."""
    home.run("eod-status")
    assert "token" not in letter(mail).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    tesla(home).tokens.expires_in_s = 45 * 86_400
    home.run("token-refresh", "--force")
    clock.sleep(43 * 86_400)
    home.run("eod-status")
    text = " ".join(letter(mail).get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "The token of tesla runs out on" in text
    assert "solarctl token-refresh" in text


def test_a_silent_cloud(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """Without a reading nothing is mailed; the next run that gets one does."""
    tesla(home).faults.set("http", 503)
    row = home.json("eod-status")
    assert (row["reason"], row["exit"], row["actions"]) == ("no-reading", 75, [])
    tesla(home).faults.clear()
    clock.sleep(300)
    assert home.json("eod-status")["reason"] == "evening"
    assert len(mail.messages) == 1


def test_a_day_without_history(home: Home, mail: MailServer) -> None:
    """When the vendor's history cannot be had, the mail goes all the same and says what is not known."""
    tesla(home).faults.set("kind-unsupported")
    assert home.json("eod-status")["exit"] == 0
    text = letter(mail).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Not known" in text
    assert "Charge:" in text


def test_energies_from_our_own_records(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """Without the vendor's history, what `record` wrote down during the day serves."""
    home.house.solar = None
    home.run("record")
    clock.sleep(600)
    home.house.advance(clock.now())
    discharging(home, 1200)
    home.run("record")
    clock.sleep(600)
    home.house.advance(clock.now())
    home.run("record")
    tesla(home).faults.set("kind-unsupported")
    home.run("eod-status")
    assert "Out of the battery" in letter(mail).get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_dry_run(home: Home, mail: MailServer) -> None:
    """A dry run prints what would be mailed, sends nothing, and leaves the evening's mail to come."""
    result = home.run("eod-status", "-n")
    assert "Today" in result.out
    assert mail.messages == []
    assert home.json("eod-status")["reason"] == "evening"


def test_what_if(home: Home, mail: MailServer) -> None:
    """--now asks about another evening and sends nothing."""
    assert home.json("eod-status", "--now", "2026-07-16T20:30")["reason"] == "evening"
    assert mail.messages == []


# --- mail that does not leave


def test_the_mail_server_is_down(home: Home, mail: MailServer, clock: DrivenClock) -> None:
    """A mail that is only spooled is 75; it is not written twice, and leaves when the server is back."""
    port = mail.port
    mail.stop()
    row = home.json("eod-status")
    assert (row["exit"], row["actions"][0]["outcome"]) == (75, "pending")
    clock.sleep(300)
    assert home.json("eod-status")["reason"] == "told"
    mail.start(port)
    for _ in range(12):
        clock.sleep(300)
        home.run("eod-status")
    assert [one.data.count(b"image/png") for one in mail.messages if b"powerwall at" in one.data] == [1]


@pytest.mark.parametrize("fault", ["451", "421", "450"])
def test_not_now(home: Home, mail: MailServer, clock: DrivenClock, fault: str) -> None:
    """A temporary refusal is 75, and the mail leaves later, once."""
    mail.faults.set(fault, times=1)
    assert home.json("eod-status")["exit"] == 75
    for _ in range(12):
        clock.sleep(300)
        home.run("eod-status")
    assert len([one for one in mail.messages if b"image/png" in one.data]) == 1


def test_half_refused(home: Home, mail: MailServer) -> None:
    """One wrong address among several: the others get the mail."""
    home.configure((TABLES + mail.config()).replace('"owner@example.com"', '"owner@example.com", "gone@example.com"'))
    mail.faults.set("refuse-some", ["gone@example.com"])
    row = home.json("eod-status")
    assert row["actions"][0]["outcome"] == "done"
    assert mail.messages[0].recipients == ["owner@example.com"]


@pytest.mark.parametrize(("fault", "code"), [("refuse-all", 69), ("554", 69)])
def test_refused_for_good(home: Home, mail: MailServer, fault: str, code: int) -> None:
    """A mail that is refused for good is said, with the server's words; no traceback."""
    mail.faults.set(fault)
    row = home.json("eod-status")
    assert row["exit"] == code
    assert row["errors"]
    assert not (home.state_dir / "bug.txt").exists()
