"""Moments as clocks of several zones show them."""

from datetime import datetime
from zoneinfo import ZoneInfo

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"

MINUTE = 60_000
HOUR = 60 * MINUTE


def ms(text: str, zone: str = "UTC") -> int:
    """Milliseconds since 1970; a text without an offset is what the clocks of the zone show."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1000)
