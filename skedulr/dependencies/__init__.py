"""What waits for what: parents as users name them, found and written into a call (``ties``,
``inputs``), circles among them refused, and their ends told to their children (``triggers``).
"""
