"""The machine of schedules: who stores, stops and fires them, held against a model of its own."""
