"""The dashboard in a real browser, before a real coordinator, real workers and a real Redis."""
