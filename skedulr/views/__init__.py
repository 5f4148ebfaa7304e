"""Looking, which changes nothing: tasks, pools and workers as Python values and as
documents for machines, found by ``search``, and explained.
"""
