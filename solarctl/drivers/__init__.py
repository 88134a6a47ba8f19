"""The client library: one file per vendor or protocol."""
