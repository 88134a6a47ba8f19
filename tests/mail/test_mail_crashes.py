"""Mails and killed or simultaneous runs: none is lost, none is sent twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from solarctl import mail
from solarctl.spool import Spool
from tests.mail.spooling import LATER, letter, subjects

from .conftest import NOW

processes = multiprocessing.get_context("fork")


def _post_and_die(folder: Path, settings: mail.Settings) -> None:
    def send(_message: Any, _recipients: Any) -> dict[str, tuple[int, str]]:
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    Spool(folder).post(letter(settings, "last words"), send, NOW)


def test_a_killed_run_loses_no_mail(spool, server, settings, send):
    """SIGKILL while the mail is on its way: the next run sends it, without waiting for the dead one's lock."""
    process = processes.Process(target=_post_and_die, args=(spool.folder, settings))
    process.start()
    process.join(10)
    assert process.exitcode == -signal.SIGKILL
    assert spool.deliver(send, NOW).sent == 1
    assert subjects(server) == ["last words"]


def _keep_on_and_on(folder: Path, settings: mail.Settings, acknowledged: Any) -> None:
    for number in range(10_000):
        at = NOW + timedelta(seconds=number)
        Spool(folder).keep(letter(settings, f"number {number}", at), at)
        os.write(acknowledged, f"{number}\n".encode())


@pytest.mark.parametrize("after_mails", [1, 2, 5, 9, 14])
def test_killed_at_any_moment(spool, server, settings, send, after_mails):
    """SIGKILL in the middle of keeping mails: each that was acknowledged is sent, whole, and none is damaged."""
    reader, writer = os.pipe()
    process = processes.Process(target=_keep_on_and_on, args=(spool.folder, settings, writer))
    process.start()
    os.close(writer)
    with os.fdopen(reader) as acknowledged:
        told = [acknowledged.readline().strip() for _ in range(after_mails)]
        process.kill()
        told += acknowledged.read().split()
    process.join(10)
    delivery = spool.deliver(send, LATER, limit=1000)
    assert delivery.notices == ()
    assert {f"number {number}" for number in told} <= set(subjects(server))
    assert len(subjects(server)) == len(set(subjects(server)))
    spool.deliver(send, NOW + timedelta(days=3650))
    assert list(spool.folder.iterdir()) == []  # half a file is swept up, one day


def _deliver(folder: Path, settings: mail.Settings, start: Any) -> None:
    start.wait(10)
    for _ in range(12):
        Spool(folder).deliver(lambda m, r: mail.send(settings, m, timeout_s=5.0, recipients=r), NOW, limit=1)


def test_two_runs_never_send_the_same_mail(spool, server, settings):
    """Three real processes empty one spool: each mail arrives exactly once."""
    for number in range(12):
        at = NOW + timedelta(seconds=number)
        spool.keep(letter(settings, f"number {number}", at), at)
    start = processes.Event()
    crowd = [processes.Process(target=_deliver, args=(spool.folder, settings, start)) for _ in range(3)]
    for process in crowd:
        process.start()
    start.set()
    for process in crowd:
        process.join(30)
        assert process.exitcode == 0
    assert sorted(subjects(server)) == sorted(f"number {number}" for number in range(12))
    assert spool.waiting() == 0


def test_a_mail_in_another_runs_hands_is_left_alone(spool, settings):
    """While one run sends a mail, another neither sends nor drops it."""
    sent = []

    def outer(message, _recipients):
        assert spool.deliver(lambda m, _r: sent.append(m["Subject"]) or {}, NOW).sent == 0
        sent.append(message["Subject"])
        return {}

    spool.post(letter(settings, "evening"), outer, NOW)
    assert sent == ["evening"]
