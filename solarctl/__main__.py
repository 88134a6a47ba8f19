"""`python -m solarctl`."""

from solarctl.cli import main

main()
