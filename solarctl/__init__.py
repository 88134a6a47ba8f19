"""Small commands that read a solar house, decide, act and explain."""

__version__ = "0.1.0"
