"""Rules: pure functions from readings, settings, memory and the time to a decision."""
