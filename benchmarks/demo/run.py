"""What a whole day of the demo costs: wall time, and CPU seconds as multiples of a fixed piece of work.

    python -m benchmarks.demo.run [summer-peak winter broken-clouds chaos first-look]

Each day is a process of its own, as a person starts it. On a busy machine wall time says little, and even CPU seconds
grow when two processes share a core; so a fixed piece of Python work runs in this process all along, in turn with
pauses, and the day's CPU is given in units of it, too.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time

DAYS = ("first-look", "summer-peak", "winter", "broken-clouds", "chaos")
LIMIT_S = 90.0
PAUSE_S = 4.0


def unit_s() -> float:
    """Return the CPU seconds of a fixed piece of work: a dictionary, numbers, texts."""
    start = time.thread_time()
    found: dict[int, str] = {}
    for number in range(300_000):
        found[number % 997] = str(number)
    return time.thread_time() - start


def play(name: str) -> tuple[float, float, float, int]:
    """Return wall seconds, CPU seconds, the unit meanwhile, and the exit code of one day."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, units = time.monotonic(), [unit_s()]
    words = [sys.executable, "-m", "solarctl", "demo", "--scenario", name, "--quiet"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=dict(os.environ))
    while True:
        try:
            code = process.wait(PAUSE_S)
            break
        except subprocess.TimeoutExpired:
            units.append(unit_s())
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, statistics.median(units), code


def main() -> None:
    """Print a table, a line per day."""
    print(
        f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}; limit {LIMIT_S:.0f} s"
    )
    print("| day | wall s | CPU s | unit ms | CPU in units | exit |")
    print("|---|---|---|---|---|---|")
    for name in sys.argv[1:] or DAYS:
        wall_s, cpu_s, unit, code = play(name)
        print(
            f"| `{name}` | {wall_s:.0f} | {cpu_s:.0f} | {1000 * unit:.0f} | {cpu_s / unit:.0f} | {code} |", flush=True
        )


if __name__ == "__main__":
    main()
