"""Fixtures every test may use. tests/servers.py, loaded before this, has the database and the message server up."""

pytest_plugins = ["tests.cast", "tests.coroutines", "tests.running", "tests.browser.web"]
