"""`setup`: from nothing to a config that has been tried, device by device."""
