"""Jobs in processes of their own: a nursery makes, times and buries these, a worker process uses
them.
"""
