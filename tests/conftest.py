"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.support.canned_films",
    "tests.support.complaints",
    "tests.support.database",
    "tests.support.garbage",
    "tests.support.object_store",
    "tests.support.sharing",
]
