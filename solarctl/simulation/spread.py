"""Tasks spread over cores, or over the machines of a Dask cluster; results come as they are ready."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Cluster(Protocol):
    """What is used of a `dask.distributed.Client`: futures with a `result`."""

    def map(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterable[Any]: ...


def spread(
    function: Callable[[T], R], tasks: Sequence[T], *, jobs: int = 0, cluster: Cluster | None = None
) -> Iterator[tuple[int, R]]:
    """Yield (number of the task, result) in whatever order they are ready; `jobs` 0: as many as there are cores."""
    jobs = min(len(tasks), jobs or cores())
    if cluster is not None:
        futures = list(cluster.map(function, tasks))
        yield from ((number, future.result()) for number, future in enumerate(futures))
    elif jobs <= 1:
        yield from ((number, function(task)) for number, task in enumerate(tasks))
    else:
        yield from _on_cores(function, tasks, jobs)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_cores(function: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[tuple[int, R]]:
    from concurrent.futures import ProcessPoolExecutor, as_completed

    with ProcessPoolExecutor(max_workers=jobs) as pool:
        futures = {pool.submit(function, task): number for number, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
