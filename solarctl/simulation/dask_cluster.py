"""A Dask cluster to spread tasks over: found or not, with workers or without, and what it does when they die.

The scheduler's address is the user's; nothing is started or stopped here. Workers need solarctl, and the config files
at the same paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from solarctl.errors import Exit, SolarctlError, UsageError

T = TypeVar("T")
R = TypeVar("R")
ANSWERS_S = 10.0
LOOK_S = 2.0  # how often it is seen to that workers are left


class ClusterTrouble(SolarctlError):
    """The cluster cannot do it now."""

    exit_code = Exit.TRY_AGAIN


class DaskCluster:
    """The client of one scheduler."""

    def __init__(self, address: str, *, patience_s: float = ANSWERS_S) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError("--dask needs Dask", hint="Type: pip install 'solarctl[dask]'") from None
        self.address = address
        self._patience_s = patience_s
        try:
            client: Any = distributed.Client  # its annotations are not ours to check
            self._client = client(address, timeout=patience_s, set_as_default=False)
        except ValueError as error:
            raise UsageError(
                f"--dask {address} is no address: {error}", hint="Give the scheduler's, like tcp://host:8786."
            ) from None
        except (OSError, ImportError, RuntimeError) as error:
            raise ClusterTrouble(
                f"no Dask scheduler answers at {address} ({_first_line(error)})",
                hint="Start one: dask scheduler; and workers: dask worker tcp://host:8786",
            ) from None

    def spread(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield (number of the task, result) in whatever order they are ready."""
        import distributed
        from distributed.scheduler import KilledWorker

        wait: Any = distributed.wait
        try:
            self._await_workers()
            futures = self._client.map(function, tasks, pure=False)
            numbers = {future.key: number for number, future in enumerate(futures)}
            left, idle_s = set(futures), 0.0
            while left:
                try:
                    with self._client.as_current():
                        done, left = wait(left, timeout=LOOK_S, return_when="FIRST_COMPLETED")
                except TimeoutError:
                    idle_s = 0.0 if self._workers() else idle_s + LOOK_S
                    if idle_s >= self._patience_s:
                        raise ClusterTrouble(
                            f"no worker is left at {self.address}", hint="Start workers: dask worker " + self.address
                        ) from None
                    continue
                for future in done:
                    yield numbers[future.key], future.result()
        except KilledWorker as error:
            raise ClusterTrouble(
                f"workers died at {self.address}, several times over one life ({_first_line(error)})",
                hint="Look at their logs; too little memory is the usual reason (some 150 MB a process).",
            ) from None
        except ImportError as error:
            raise ClusterTrouble(
                f"the workers at {self.address} lack something: {error}",
                hint="Install the same solarctl there: pip install 'solarctl[dask]'",
            ) from None
        except OSError as error:
            raise ClusterTrouble(f"the scheduler at {self.address} went away ({_first_line(error)})") from None
        finally:
            self._client.close(timeout=1)

    def _await_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self._patience_s)
        except TimeoutError:
            raise ClusterTrouble(
                f"the scheduler at {self.address} has no workers", hint="Start some: dask worker " + self.address
            ) from None

    def _workers(self) -> int:
        return len(self._client.scheduler_info(n_workers=-1)["workers"])


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
