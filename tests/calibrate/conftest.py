"""The same virtual home as for `balance`."""

from tests.mqtt.conftest import house

__all__ = ["house"]
