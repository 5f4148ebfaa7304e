"""Looking, which changes nothing: tasks, pools and workers as Python values (``inspect``) and as
documents for machines, found by ``search``, and explained.
"""
