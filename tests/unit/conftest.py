"""What all unit tests share."""

from hypothesis import settings

# The same examples each time, however slow the machine is, and no folder left behind.
settings.register_profile("unit", deadline=None, derandomize=True, database=None)
settings.load_profile("unit")
