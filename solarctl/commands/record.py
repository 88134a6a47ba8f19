"""`record`: one row of all meters, for the pictures and the evening mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from solarctl.capabilities import PriceForecast
from solarctl.cli_options import site_command
from solarctl.errors import ConfigError
from solarctl.questions import meters
from solarctl.reading_together import read_everything
from solarctl.readings import to_json
from solarctl.run import Run

SLOT_MIN = 15  # what markets trade in


@site_command("record", pausable=False)
def command(run: Run) -> None:
    """Write one row of all meters into history.

    One dead device never stops the others; each device is asked as seldom as its vendor wants.
    """
    run.context.only_looks()
    rows = [to_json(one.device, one.reading) for one in read_everything(run, meters) if one.reading is not None]
    rows += _market_price(run)
    if rows and not run.dry_run:
        run.record({"at": run.now.isoformat(timespec="seconds"), "readings": rows}, kind="readings")
    if not run.dry_run:
        run.store.flush()  # who was asked when
    verb = "would be recorded" if run.dry_run else "recorded"
    run.answer({"readings": rows}, f"{len(rows)} readings {verb}.")


def _market_price(run: Run) -> list[dict[str, Any]]:
    """Return the price of the present quarter of an hour as a row, where [tariff] follows a market."""
    market = run.config.find("tariff.prices")
    if not isinstance(market, str) or not market:
        return []
    start = run.now.replace(minute=run.now.minute // SLOT_MIN * SLOT_MIN, second=0, microsecond=0)
    end = start + timedelta(minutes=SLOT_MIN)
    try:
        device = run.site.get(market, PriceForecast)
    except ConfigError as error:
        run.note(error)
        return []
    found = run.read(market, lambda: device.read_prices(start, end, slot_min=SLOT_MIN))
    price = found.prices[0] if found is not None and found.prices else None
    return [] if price is None else [{"device": market, "what": "price", "at": start.isoformat(), "price": price}]
