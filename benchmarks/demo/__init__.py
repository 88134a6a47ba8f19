"""How long a day of the demo takes."""
