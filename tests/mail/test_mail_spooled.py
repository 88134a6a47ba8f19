"""Mails that wait: kept, sent once, given up in the end."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import pairwise

import pytest

from solarctl import mail
from solarctl.errors import Exit
from solarctl.letter import FIRST_PAUSE, LONGEST_PAUSE
from solarctl.mail import MailError
from solarctl.spool import KEPT_AT_MOST, Spool
from tests.mail.spooling import LATER, letter, subjects

from .conftest import NOW


def test_a_mail_that_leaves_at_once_leaves_nothing(spool, server, settings, send):
    """The usual case: sent, and the folder is empty again."""
    assert spool.post(letter(settings, "evening"), send, NOW) is None
    assert subjects(server) == ["evening"]
    assert list(spool.folder.iterdir()) == []


def test_a_mail_waits_for_the_server_and_leaves_once(spool, server, settings, send):
    """A server that is down: the mail is kept, sent by the next run, once, and is the very same mail."""
    message = letter(settings, "evening")
    server.faults.set("421")
    error = spool.post(message, send, NOW)
    assert isinstance(error, MailError)
    assert error.exit_code == Exit.TRY_AGAIN
    assert (spool.waiting(), server.messages) == (1, [])
    server.faults.clear()
    assert spool.deliver(send, NOW + timedelta(seconds=2)).sent == 0  # that is the run which has just failed
    assert spool.deliver(send, NOW + timedelta(minutes=1)).sent == 1
    assert spool.deliver(send, LATER).sent == 0
    assert [received.message["Message-ID"] for received in server.messages] == [message["Message-ID"]]
    assert list(spool.folder.iterdir()) == []


def test_waiting_mails_are_private(spool, settings):
    """Folder and files are for the owner only, whatever the umask."""
    before = os.umask(0)
    try:
        path = spool.keep(letter(settings, "evening"), NOW)
    finally:
        os.umask(before)
    assert (path.stat().st_mode & 0o777, spool.folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_oldest_first_and_no_more_than_the_limit(spool, server, settings, send):
    """A round sends a few, the oldest first, so that a run is not kept busy."""
    for minute in (3, 1, 2):
        at = NOW + timedelta(minutes=minute)
        spool.keep(letter(settings, f"number {minute}", at), at)
    assert spool.deliver(send, LATER, limit=2).sent == 2
    assert subjects(server) == ["number 1", "number 2"]
    assert spool.waiting() == 1


def test_keeping_twice_is_keeping_once(spool, settings):
    """The same mail of the same moment is one file."""
    for _ in range(2):
        spool.keep(letter(settings, "evening"), NOW)
    assert spool.waiting() == 1


def test_a_silent_server_is_asked_for_one_mail_only(spool, server, settings, send):
    """Twenty waiting mails cost a run one time limit, not twenty; after two failures the server is left alone."""
    for minute in range(20):
        at = NOW + timedelta(minutes=minute)
        spool.keep(letter(settings, f"number {minute}", at), at)
    server.faults.set("530")
    for minute in (60, 61, 62, 63):
        delivery = spool.deliver(send, NOW + timedelta(minutes=minute), limit=20)
        assert (delivery.sent, spool.waiting()) == (0, 20)
    assert sum(command.upper().startswith("MAIL") for command in server.commands) == 2


def test_the_server_is_left_alone_ever_longer(spool, settings):
    """The next run tries again; then each failure doubles the pause, up to six hours."""
    asked = []

    def dead(_message, _recipients):
        asked.append(now)
        raise MailError("no answer", for_all=True)

    for minute in range(4):
        spool.keep(letter(settings, f"number {minute}", NOW + timedelta(minutes=minute)), NOW)
    for minute in range(48 * 60):
        now = NOW + timedelta(minutes=minute)
        spool.deliver(dead, now)
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses[:4] == [timedelta(minutes=m) for m in (1, 5, 10, 20)]
    assert pauses[-1] == LONGEST_PAUSE
    assert spool.waiting() == 4


def test_refused_for_good_goes_and_does_not_block(spool, server, settings, send):
    """A mail the server will never take is dropped with a word about it; the others leave in the same round."""
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        spool.keep(letter(settings, f"number {minute}", at), at)
    server.faults.set("554", times=1)
    delivery = spool.deliver(send, LATER)
    assert delivery.sent == 2
    assert "number 0" in delivery.notices[0]
    assert "554" in delivery.notices[0]
    assert subjects(server) == ["number 1", "number 2"]
    assert spool.waiting() == 0


def test_a_mail_that_breaks_the_server_does_not_block_for_ever(spool, settings):
    """A mail at which the line always breaks lets the others go first next time."""
    sent = []

    def picky(message, _recipients):
        if message["Subject"] == "poison":
            raise MailError("broke the connection", for_all=True)
        sent.append(message["Subject"])
        return {}

    spool.keep(letter(settings, "poison"), NOW)
    spool.keep(letter(settings, "fine", NOW + timedelta(minutes=1)), NOW + timedelta(minutes=1))
    spool.deliver(picky, LATER)
    spool.deliver(picky, LATER + FIRST_PAUSE)
    assert sent == ["fine"]
    assert spool.waiting() == 1


def test_a_mail_that_is_full_today_waits_alone(spool, server, settings, send):
    """One mail put off (452) does not put off the others."""
    for minute in range(2):
        at = NOW + timedelta(minutes=minute)
        spool.keep(letter(settings, f"number {minute}", at), at)
    server.faults.set("452", times=1)
    assert spool.deliver(send, LATER).sent == 1
    assert subjects(server) == ["number 1"]
    assert spool.waiting() == 1


def test_who_was_refused_for_now_gets_it_later(spool, server, pointed):
    """One recipient's mailbox is full: the others are not mailed again when its turn comes."""
    settings = pointed(server, to=["a@example.com", "b@example.com"])

    def send(message, recipients):
        return mail.send(settings, message, timeout_s=5.0, recipients=recipients)

    server.faults.set("450", times=1)
    assert spool.post(letter(settings, "evening"), send, NOW) is None
    assert spool.deliver(send, LATER).sent == 1
    assert [received.recipients for received in server.messages] == [["b@example.com"], ["a@example.com"]]
    assert spool.waiting() == 0


def test_who_was_refused_for_good_is_named(spool, server, pointed):
    """Half refused: the mail has left, and the wrong address is told."""
    settings = pointed(server, to=["a@example.com", "gone@example.com"])
    spool.keep(letter(settings, "evening"), NOW)
    server.faults.set("refuse-some", ["gone@example.com"])
    delivery = spool.deliver(lambda m, r: mail.send(settings, m, timeout_s=5.0, recipients=r), LATER)
    assert (delivery.sent, spool.waiting()) == (1, 0)
    assert "gone@example.com" in delivery.notices[0]


def test_at_most_two_hundred_wait(spool, settings):
    """A spool does not fill the card: the oldest go, and that is said."""
    for number in range(KEPT_AT_MOST + 3):
        at = NOW + timedelta(seconds=number)
        spool.keep(letter(settings, f"number {number}", at), at)
    delivery = spool.deliver(lambda _m, _r: {}, NOW + timedelta(hours=1), limit=1)
    assert len(delivery.notices) == 3
    assert spool.waiting() == KEPT_AT_MOST - 1


def test_after_two_weeks_it_goes(spool, settings):
    """Old news is dropped after a last attempt in vain; never without an attempt, however the clock jumped."""

    def dead(_message, _recipients):
        raise MailError("no answer", for_all=True)

    spool.keep(letter(settings, "old"), NOW)
    spool.deliver(dead, NOW + timedelta(days=13))
    assert spool.waiting() == 1
    delivery = spool.deliver(dead, NOW + timedelta(days=15))
    assert "old" in delivery.notices[0]
    assert spool.waiting() == 0
    spool.keep(letter(settings, "from 1970"), NOW - timedelta(days=20_000))
    assert spool.deliver(lambda _m, _r: {}, NOW + timedelta(days=30)).sent == 1


def test_a_clock_set_back_delays_nothing_for_ever(spool, server, settings, send):
    """A pause that ends years from now was noted by a clock that ran ahead: it does not count."""
    server.faults.set("421", times=1)
    spool.post(letter(settings, "evening"), send, NOW + timedelta(days=4000))
    assert spool.deliver(send, NOW).sent == 1


def test_damaged_files_are_set_aside(spool, server, settings, send):
    """A torn file is named and put aside; the others leave."""
    good = spool.keep(letter(settings, "good"), NOW)
    for name, content in (("0-torn.mail", b"{"), ("1-empty.mail", b""), ("2-old.mail", b"[1]\nmail")):
        (spool.folder / name).write_bytes(content)
    delivery = spool.deliver(send, LATER)
    assert delivery.sent == 1
    assert len(delivery.notices) == 3
    assert not good.exists()
    assert spool.deliver(send, LATER).notices == ()


def test_no_room_to_keep_it_is_no_reason_not_to_send(tmp_path, server, settings, send):
    """Where the spool cannot be written (a full disk), the mail is sent all the same."""
    (tmp_path / "spool").write_text("a file stands where the folder should be")
    spool = Spool(tmp_path / "spool")
    assert spool.post(letter(settings, "the disk is full"), send, NOW) is None
    assert subjects(server) == ["the disk is full"]
    server.faults.set("421")
    assert isinstance(spool.post(letter(settings, "the disk is full"), send, NOW), MailError)


def test_an_empty_spool_costs_nothing(spool):
    """No folder is made and no server is asked while there is nothing to send."""
    assert spool.deliver(pytest.fail, NOW).sent == 0
    assert not spool.folder.exists()
