"""Schedules: when they run (``timing``, ``crontab``), how they are said (``declaring``), what Redis
holds of one (``schedule``), and what is done to them (``scheduling``), by a user through
``app.schedules`` (``schedules``).
"""
