"""Tasks spread over cores, or over the machines of a Dask cluster; results come as they are ready."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from solarctl.errors import Exit, SolarctlError

T = TypeVar("T")
R = TypeVar("R")


class Cluster(Protocol):
    """Machines that tasks can be spread over."""

    def spread(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]: ...


class WorkerDied(SolarctlError):
    """A process ended in the middle of its work."""

    exit_code = Exit.TRY_AGAIN


def spread(
    function: Callable[[T], R], tasks: Sequence[T], *, jobs: int = 0, cluster: Cluster | None = None
) -> Iterator[tuple[int, R]]:
    """Yield (number of the task, result) in whatever order they are ready; `jobs` 0: as many as there are cores."""
    jobs = min(len(tasks), jobs or cores())
    if cluster is not None:
        yield from cluster.spread(function, tasks)
    elif jobs <= 1:
        yield from ((number, function(task)) for number, task in enumerate(tasks))
    else:
        yield from _on_cores(function, tasks, jobs)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_cores(function: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[tuple[int, R]]:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(max_workers=jobs) as pool:
        futures = {pool.submit(function, task): number for number, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise WorkerDied(
                "one of the processes was ended from outside",
                hint="Too little memory is the usual reason; --jobs 1 needs the least.",
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
