"""`skedulr up`: everything on this machine, started together and ended together."""
