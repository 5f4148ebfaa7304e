"""Tests of whole workers: real processes, real signals, a real Redis."""
