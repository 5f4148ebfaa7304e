"""The demo of `skedulr up --demo`: jobs that do real work on real files, and who submits them.

It needs nothing but skedulr itself, and is small enough to be read as an example.
"""

from skedulr.demo.jobs import app
from skedulr.demo.producer import Producer
from skedulr.demo.report import Report

__all__ = ["Producer", "Report", "app"]
