"""SolaxCloud's devices as a run opens them."""

from __future__ import annotations

from typing import Any

from solarctl.context import Context
from solarctl.drivers.solax_cloud import SolaxAccount, SolaxCloud
from solarctl.settings import Secret
from solarctl.virtualhome.emulators.solax_cloud import TOKEN
from solarctl.virtualhome.emulators.solax_cloud import SolaxCloud as Cloud
from tests.drivers.conftest import KYIV
from tests.fakes import FakeClock, context, next_run

V2 = "https://global.solaxcloud.com/api/v2/dataAccess/realtimeInfo/get"


def opened(cloud: Cloud, run: Context, api: str = "v2", **account: Any) -> SolaxCloud:
    """Return the inverter as one run sees it."""
    values = {"token": Secret(TOKEN), "api": api} | account
    if "base_url" not in values:
        values["base_url"] = cloud.url  # while it is there
    solax = SolaxAccount("solax", SolaxAccount.Settings(**values), run)
    run.shared["accounts"] = {"solax": solax}
    return SolaxCloud("inverter", SolaxCloud.Settings(account="solax", serial=cloud.serial), run)


def run_of(clock: FakeClock, store: Any = None, **more: Any) -> Context:
    """Return the context of a run whose accounts are opened in it."""
    shared: dict[str, Any] = {}
    run = context(clock=clock, timezone=KYIV, shared=shared, account=lambda name: shared["accounts"][name], **more)
    return run if store is None else next_run(run, store=store, account=run.account, shared=shared)


def vendor(run: Context, serial: str = "SWXXXXXXXX", **device: Any) -> SolaxCloud:
    """Return the driver pointed at the vendor's own host, for canned answers."""
    account = SolaxAccount("solax", SolaxAccount.Settings(token=Secret(TOKEN)), run)
    run.shared["accounts"] = {"solax": account}
    return SolaxCloud("inverter", SolaxCloud.Settings(account="solax", serial=serial, **device), run)
