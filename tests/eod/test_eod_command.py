"""eod-status as a command: the mail of the evening, and the second look."""

from __future__ import annotations

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.eod.eod_home import TABLES, discharging, letter, tesla
from tests.home import Home

PEAK_MODE = '[peak-mode]\nbattery = "powerwall"\n'


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
    assert "20:05 peak-mode: set the reserve of powerwall to 100 %" in text
    assert ": Off-peak until Thu 13:50: reserve 100 %" in text
    assert "peak-mode failed once of 2" in text


def test_missed_runs_are_named(home: Home, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that cron should have run and that left no trace is named."""
    crontab = home.folder / "crontab"
    crontab.write_text("50 13 * * * solarctl peak-mode -q\n")
    monkeypatch.setenv("SOLARCTL_CRONTAB", str(crontab))
    home.configure(TABLES + mail.config() + PEAK_MODE)
    home.clock.sleep(-86_400)
    home.run("token-refresh")  # solarctl has been at work here since yesterday
    home.clock.sleep(86_400)
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
