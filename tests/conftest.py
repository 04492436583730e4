"""Fixtures every test may use. tests/servers.py, loaded before this, has the database and the message server up."""

import signal

pytest_plugins = ["tests.cast", "tests.coroutines", "tests.running", "tests.browser.web"]

# A run in a shell's background begins with Ctrl-C switched off, and every program it starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
