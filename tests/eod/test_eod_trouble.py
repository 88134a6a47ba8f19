"""eod-status when the cloud, the history or the mail server is not there."""

from __future__ import annotations

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.emulators.smtp import MailServer
from tests.eod.eod_home import TABLES, discharging, letter, tesla
from tests.home import Home


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
