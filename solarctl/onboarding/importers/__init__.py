"""One file per kind of old file that `setup --import` reads; they are found by themselves."""
