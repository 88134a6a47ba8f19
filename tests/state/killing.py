"""Kills real processes at every step of a job.

A step is a call that reaches the disk (`os.write`, `os.fsync`, …) or a `point()` named by the job. For every n, a
process of its own does the job and dies of SIGKILL right before its n-th step; the last one lives to the end.
Every other victim dies with half of its write done.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = ("open", "write", "pwrite", "ftruncate", "truncate", "fsync", "replace", "unlink", "mkdir", "close")
ROOT = Path(__file__).resolve().parents[2]

_steps: Callable[[str], None] = lambda _name: None  # noqa: E731


@dataclass(frozen=True)
class Death:
    """Where a victim died: before its n-th step, called `name`; `folder` is what it left behind."""

    folder: Path
    name: str
    survived: bool


def point(name: str) -> None:
    """Mark a step of the job that is no call of `os`."""
    _steps(name)


def deaths(job: str, base: Path) -> list[Death]:
    """Do the job ("module:function") once per step, in folders of their own, and tell how each ended."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.state.killing", job, str(base)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [Death(Path(one["folder"]), one["name"], one["survived"]) for one in found]


def run_jobs(*jobs: tuple[str, ...]) -> list[str]:
    """Do several jobs at the same time, each in a process of its own, and return what they print."""
    running = [started(*job) for job in jobs]
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * len(running), [err for _out, err in ended]
    return [out.strip() for out, _err in ended]


def started(*job: str) -> subprocess.Popen[str]:
    """Start a job in a process of its own."""
    command = [sys.executable, "-m", "tests.state.killing", "--plain", *job]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )


def _victim(job: Callable[[Path], None], folder: Path, last_step: int, report: int) -> None:
    count = 0
    originals = {name: getattr(os, name) for name in CALLS}

    def step(name: str, *args: Any) -> None:
        nonlocal count
        count += 1
        if count == last_step:
            originals["write"](report, name.encode())
            if name == "write" and last_step % 2:
                originals["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

    def stepped(name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            step(name, *args)
            return originals[name](*args, **options)

        return call

    for name in CALLS:
        setattr(os, name, stepped(name))
    global _steps
    _steps = step
    job(folder)
    os._exit(0)


def _main(job_name: str, base: Path) -> None:
    module, _, function = job_name.partition(":")
    job = getattr(importlib.import_module(module), function)
    prepare = getattr(importlib.import_module(module), f"prepare_{function}")
    survived = False
    step = 0
    while not survived:
        step += 1
        folder = base / f"{step:03}"
        folder.mkdir(parents=True)
        prepare(folder)
        told, report = os.pipe()
        pid = os.fork()
        if pid == 0:
            _victim(job, folder, step, report)
        os.close(report)
        name = os.read(told, 100).decode()
        os.close(told)
        _pid, status = os.waitpid(pid, 0)
        survived = os.WIFEXITED(status)
        if survived and os.WEXITSTATUS(status):
            sys.exit(f"the job failed by itself at step {step}")
        sys.stdout.write(json.dumps({"folder": str(folder), "name": name, "survived": survived}) + "\n")


def _plain(job_name: str, *arguments: str) -> None:
    module, _, function = job_name.partition(":")
    getattr(importlib.import_module(module), function)(*arguments)


if __name__ == "__main__":
    sys.modules["tests.state.killing"] = sys.modules["__main__"]  # `point` must be the same for the jobs
    if sys.argv[1] == "--plain":
        _plain(*sys.argv[2:])
    else:
        _main(sys.argv[1], Path(sys.argv[2]))
