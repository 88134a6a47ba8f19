"""One file per step of `setup`, each with a STEP; they are found by themselves."""
