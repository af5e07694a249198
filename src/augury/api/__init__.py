"""Studies from Python: what the command line does, with objects as well as names."""
