"""The body of `balance`: a loop around the pure rule, its meters, its loads, and its neighbours on the broker."""
