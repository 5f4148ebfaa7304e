"""What waits for what: parents as users name them, found and written into a call (``ties``,
``inputs``), circles among them refused before it is stored (``circles``) or taken back behind that
(``second_look``); then their ends told to their children (``triggers``), and those that never come
given up (``orphans``).
"""
