"""Makes the README's picture: the board of the sample pitch as the app shows it. `python -m tests.browser.picture`"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
from playwright.sync_api import sync_playwright

from storyboard.embedded import address
from tests import chromium
from tests.running import running_app, wait_until

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "board.png"

ASK = """
from storyboard.models import Project, Shot, Take, User
owner = User.objects.get(is_superuser=True)
project = Project.objects.get()
shots = list(Shot.objects.filter(project=project, takes=None).active().in_order())
Take.objects.ask(project, shots, 1, owner)
"""

JUDGE = """
from storyboard.models import Take, User
owner = User.objects.get(is_superuser=True)
for take in Take.objects.ready().filter(number=1, shot__code__in=["010", "030", "060"]):
    take.circle(owner)
Take.objects.ask(take.project, [take.shot], 2, owner)
"""


def main() -> int:
    with running_app() as app, psycopg.connect(address.database_url(app.data_dir), autocommit=True) as rows:
        app.manage("shell", "-c", ASK)
        waiting = "SELECT count(*) FROM storyboard_take WHERE status IN ('queued', 'running')"
        wait_until(lambda: rows.execute(waiting).fetchone() == (0,), "the takes", 600)
        app.manage("shell", "-c", JUDGE)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium.executable(), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1680, "height": 1000})
            page.goto(app.sign_in_url)
            page.get_by_role("button").last.click()
            page.goto(f"{app.url}/p/1/")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURE)
            browser.close()
    sys.stdout.write(f"{PICTURE} is new.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
