"""The tests of skedulr; a package, so that tests import helpers as `tests.support`."""
