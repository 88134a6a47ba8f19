"""Plan: which load runs when, from the sun that is foreseen, the prices, and what the house itself draws."""

from __future__ import annotations

from solarctl.control.plan_settings import Load, Settings, settings_hash

__all__ = ["Load", "Settings", "settings_hash"]
