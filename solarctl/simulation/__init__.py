"""The bodies of `demo` and `simulate`: days in fast-forward."""
