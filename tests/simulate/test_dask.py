"""`simulate --dask` over a real scheduler with real workers, in processes of their own on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from solarctl.simulation.dask_cluster import ClusterTrouble, DaskCluster
from tests.simulate.test_simulate import GUARD, Cli

pytestmark = pytest.mark.slow

SCHEDULER = """
import asyncio
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, allowed_failures=1) as one:
        print(one.address, flush=True)
        await one.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads=1, dashboard=False) as one:
        print(one.address, flush=True)
        await one.finished()
asyncio.run(main())
"""


@contextmanager
def process(code, *words):
    """Start a Python process, wait for its first line, and end it in the end."""
    one = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield one, one.stdout.readline().strip()
    finally:
        one.kill()
        one.wait()
        one.stdout.close()


@pytest.fixture
def scheduler():
    with process(SCHEDULER) as (_, address):
        yield address


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def killed(_task):
    os.kill(os.getpid(), signal.SIGKILL)


def slept(_task):
    time.sleep(60)


def test_the_lives_are_those_of_one_s_own_cores(cli, scheduler):
    """Spread over two workers, the results are the same to the cent."""
    path = cli.config(GUARD)
    words = ("-c", path, "--from", "2026-03-02", "--days", "2", "--seed", "1", "--seed", "2")
    with process(WORKER, scheduler), process(WORKER, scheduler):
        spread = cli.json(*words, "--dask", scheduler)
    alone = cli.json(*words)

    def known(found):
        return [{key: one[key] for key in one if key != "took_s"} for one in found["results"]]

    assert known(spread) == known(alone)


def test_nobody_listens(cli):
    """An address without a scheduler: 75, and how to start one."""
    code, _, err = cli.run("-c", cli.config(GUARD), "--days", "1", "--dask", "tcp://127.0.0.1:9")
    assert code == 75
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in err
    assert "dask scheduler" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("address", ["nonsense://127.0.0.1:8786", "tcp://127.0.0.1:none", ""])
def test_an_address_that_is_none(cli, address):
    """What is no address is refused before anything is asked."""
    code, _, err = cli.run("-c", cli.config(GUARD), "--days", "1", "--dask", address)
    assert code == 2
    assert "is no address" in err
    assert "tcp://host:8786" in err


def test_a_scheduler_without_workers(scheduler):
    """It is not waited for ever."""
    with pytest.raises(ClusterTrouble, match="has no workers") as found:
        list(DaskCluster(scheduler, patience_s=1).spread(len, ["a"]))
    assert found.value.exit_code == 75
    assert "dask worker" in found.value.hint


def test_workers_that_die_of_it(scheduler):
    """A life that kills each worker it is given to is given up."""
    three = process(WORKER, scheduler), process(WORKER, scheduler), process(WORKER, scheduler)
    with three[0], three[1], three[2], pytest.raises(ClusterTrouble, match="died") as found:
        list(DaskCluster(scheduler, patience_s=5).spread(killed, ["a"]))
    assert found.value.exit_code == 75
    assert "memory" in found.value.hint


def test_the_last_worker_goes_away(scheduler):
    """When no worker is left, it is said after a while."""
    with process(WORKER, scheduler) as (worker, _):
        threading.Timer(1.5, worker.kill).start()
        with pytest.raises(ClusterTrouble, match="no worker is left"):
            list(DaskCluster(scheduler, patience_s=4).spread(slept, ["a"]))
