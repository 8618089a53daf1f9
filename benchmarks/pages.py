"""How long the page of a finished run takes to be written, how large it is, and how long it takes to open.

    python benchmarks/pages.py RUN...

Written is by `fivesigma report`, its start included; opened is until Chromium has run all scripts of the page. Medians of five.
Needs Chromium as ``chromium`` and playwright.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

TIMES = 5
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def main() -> None:
    """Print a row for each run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        for run in map(Path, sys.argv[1:]):
            command = [sys.executable, "-m", "fivesigma", "report", str(run)]
            wrote = timed(lambda command=command: subprocess.run(command, check=True, capture_output=True))
            page = (run / "report.html").resolve()
            opened = timed(lambda page=page: open_page(browser, page))
            print(
                f"{run.name}: written in {wrote:.1f} s, {page.stat().st_size / 1e6:.1f} MB, open after {opened:.1f} s"
            )
        browser.close()


def timed(what: Callable[[], object]) -> float:
    """Return the median of the seconds that it takes."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        what()
        times.append(time.perf_counter() - start)
    return median(times)


def open_page(browser: Browser, page: Path) -> None:
    """Open a page in a context of its own, and wait until it is loaded."""
    context = browser.new_context()
    context.new_page().goto(page.as_uri(), wait_until="load")
    context.close()


if __name__ == "__main__":
    main()
