"""The browser that the tests drive: one that is here, else the system's package, else Playwright's own download."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


def executable() -> str | None:
    """Where a Chromium is, or None. CHROMIUM names one outright."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None) or playwrights_own()


def playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Debian's package as root; Playwright's download elsewhere, or where Debian's did not come."""
    install_packages("chromium", "fonts-dejavu-core")
    if executable() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def install_packages(*names: str) -> None:
    """The system's packages, where this is Debian or a child of it and we may; else nothing."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names], env=quiet)


def main() -> int:
    if executable() is None:
        sys.stdout.write("No Chromium here: installing one for the browser tests.\n")
        install()
    path = executable()
    if path is None or subprocess.run([path, "--version"], stdout=subprocess.DEVNULL).returncode != 0:
        sys.stderr.write(
            "The browser tests need Chromium and none could be installed. "
            "Install it (Debian: apt install chromium) or name one: CHROMIUM=/path/to/chromium make test\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
