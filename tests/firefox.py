"""Firefox for the tests that need a second browser: one that is here, else the system's package, else Playwright's."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.chromium import install_packages

NAMES = ("firefox-esr", "firefox")
PLACES = ("/Applications/Firefox.app/Contents/MacOS/firefox",)
MISSING = (
    "The tests need Firefox and none is here or could be installed. "
    "Install it (Debian: apt install firefox-esr libavcodec-extra) or name one: FIREFOX=/path/to/firefox make test"
)


def executable() -> str | None:
    """Where a Firefox is, or None. FIREFOX names one outright."""
    given = os.environ.get("FIREFOX")
    if given:
        return given
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None) or playwrights_own()


def playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.firefox.executable_path
    return path if Path(path).exists() else None


def plays_movies() -> bool:
    """On Linux Firefox leaves H.264 to the system's libavcodec."""
    return sys.platform != "linux" or ctypes.util.find_library("avcodec") is not None


def install() -> None:
    install_packages("firefox-esr", "libavcodec-extra")
    if executable() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "firefox"])


def main() -> int:
    """Without a Firefox the other tests run still; those that need it fail and say this too."""
    if executable() is None or not plays_movies():
        sys.stdout.write("No Firefox that plays movies here: installing one for the browser tests.\n")
        install()
    if executable() is None:
        sys.stderr.write(f"{MISSING}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
