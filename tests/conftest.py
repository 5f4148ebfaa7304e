"""The fixtures that every test can ask for; they live in `tests.support`."""

pytest_plugins = [
    # The first to be set up, and so the last to look round.
    "tests.support.run_mark",
    "tests.support.keys",
    "tests.support.servers",
    "tests.support.own_server",
    "tests.support.spawning",
    "tests.support.commands",
    "tests.support.apps",
]
