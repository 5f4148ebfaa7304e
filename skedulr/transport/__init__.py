"""How commands reach Redis: addresses and what an error means (``connection``), connections that
pipeline (``line``) or block (``blocking_line``), and the two clients that stand on them (``client``
and ``aio``). They know commands; what a task is, they do not.
"""
