"""The shop with workers that take some seconds of silence for a stall: only time is faked."""

from skedulr_worker import reports
from tests.browser.shop import app

__all__ = ["app"]

reports.STALLED_AFTER = 4.0
