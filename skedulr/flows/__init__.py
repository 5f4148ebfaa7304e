"""Workflows in Redis, step by step.

``additions`` submits nodes and gives up what was left half submitted, ``looking`` reads, ``acting``
cancels and runs again; ``shapes`` is what users get to see.
"""
