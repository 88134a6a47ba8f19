"""A guard for the seconds between two runs of `balance --for`: a process of its own, for the run itself ends in time.

The loads stay as they were left. As soon as a successor has the lease the guard is gone; after 15 s without one, or on
a signal, it brings the loads to their safe level and says `offline`. Should it be killed, the broker says that for it.
It has no terminal and no pipe, so that neither cron nor anybody else who reads a run's output waits for it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from solarctl import aftermath, log
from solarctl.balancing.home import Home
from solarctl.balancing.lease import Lease
from solarctl.balancing.leaving import left_safe, save, to_safe
from solarctl.balancing.outbox import Outbox
from solarctl.clock import SystemClock
from solarctl.control.balance import Memory
from solarctl.control.balance_settings import Settings
from solarctl.errors import BusyError, Exit, SolarctlError
from solarctl.options import Options
from solarctl.run import Run

LOCK = "balance-guard"  # tells its process
PREDECESSOR_S = 10.0  # the guard of the run before may still be looking for the broker


def start_guard(run: Run, token: str, seconds: float) -> bool:
    """Leave the loads and the offered lease to a guard; False when no process can be had."""
    words = [sys.executable, "-m", __name__, str(run.config.path.absolute()), str(run.state_dir), token, str(seconds)]
    nowhere = subprocess.DEVNULL
    try:
        child = subprocess.Popen(words, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    except OSError as error:
        run.log(f"no guard for the loads: {error}")
        return False
    child.returncode = 0  # nobody waits for it, and Python need not complain
    return True


def keep(run: Run, token: str, seconds: float, stopped: threading.Event) -> None:
    """Look after the loads until a successor comes, somebody stops us, or for so long at most."""
    lease = Lease(run.state, run.clock)
    if not lease.adopt(token):
        return
    settings = run.settings(Settings)
    home = Home(run, settings, lambda: None)
    outbox = Outbox(run, settings, {})
    taken = False
    try:
        for index, broker in enumerate(home.brokers()):
            if index == 0:
                outbox.attach(broker)  # with the last will
            try:
                broker.connect()
            except SolarctlError as error:
                run.log(str(error))  # it is tried again; what matters is whether it is there in the end
        taken = lease.watch(seconds, stopped)
    finally:
        taken = taken or not lease.retake()
        if not taken:
            run.budget.restart()
            to_safe(run, home)
            save(run, left_safe(run.memory(Memory), run.clock.now().timestamp()))
        outbox.goodbye(offline=not taken)
        for broker in home.brokers():
            broker.close()
        if not taken:
            lease.release()


def main(config: str, state_dir: str, token: str, seconds: str) -> int:
    """Be the guard; trouble is mailed as that of any run of `balance`."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())  # looked at in the one place where it can be
    log.setup(interactive=False)
    try:
        run = Run("balance", Options(Path(config), Path(state_dir)), SystemClock())
    except SolarctlError as error:
        log.trouble("balance", [error])
        return int(error.exit_code)
    try:
        with run.state.lock(LOCK, PREDECESSOR_S):
            keep(run, token, float(seconds), stopped)
    except BusyError:
        return Exit.TRY_AGAIN
    except SolarctlError as error:
        run.note(error)
    if run.errors:
        with suppress(SolarctlError):
            aftermath.before_output(run)
            log.trouble(run.command, run.errors)
            aftermath.after_output(run)
    return run.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
