"""Workflows in Redis, step by step.

``planning`` checks what is to be submitted, ``additions`` submits it, and ``giving_up`` takes back
what was left half done; ``looking`` reads, ``acting`` cancels and runs again, ``ends`` is what both
say of tasks; ``workflow`` puts them together, and its ``handle`` is all that can be done with one;
``shapes`` is what users get to see.
"""
