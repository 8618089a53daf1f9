"""The page in a real browser: nothing on its console, and as wide as the window at every width."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fivesigma.report.content import RunContent
from fivesigma.report.page import render

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
QUIET = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run --hide-scrollbars --disable-dev-shm-usage --enable-logging=stderr --virtual-time-budget=2000"
DESKTOP, PHONE = (1280, 9000), (390, 16000)
WIDTHS = (320, 390, 768, 1280)
MEASURE = "<script>parent.document.title += ` ${innerWidth}:${document.documentElement.scrollWidth}`</script></body>"


def chromium(folder: Path, page: Path, size: tuple[int, int], *options: str) -> subprocess.CompletedProcess[str]:
    profile = f"--user-data-dir={folder / 'profile'}"
    window = f"--window-size={size[0]},{size[1]}"
    command = [str(CHROMIUM), *QUIET.split(), profile, window, *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [("desktop", DESKTOP, ()), ("phone", PHONE, ()), ("dark", DESKTOP, ("--blink-settings=preferredColorScheme=0",))],
)
def test_it_loads_without_a_complaint(
    content: RunContent, tmp_path: Path, name: str, size: tuple[int, int], options: tuple[str, ...]
) -> None:
    page, picture = tmp_path / "report.html", tmp_path / f"{name}.png"
    page.write_text(render(content), encoding="utf-8")
    done = chromium(tmp_path, page, size, f"--screenshot={picture}", *options)
    assert "CONSOLE" not in done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 50_000, "an empty page makes a small picture"


def test_only_tables_scroll_sideways(content: RunContent, tmp_path: Path) -> None:
    # the measuring script needs the page without its policy, in frames as narrow as a phone, which windows cannot be
    text = re.sub(r"<meta http-equiv=.*?>", "", render(content)).replace("</body>", MEASURE)
    framed = text.replace("&", "&amp;").replace('"', "&quot;")
    frames = [f'<iframe width="{width}" height="800" style="border:0" srcdoc="{framed}"></iframe>' for width in WIDTHS]
    page = tmp_path / "frames.html"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><title>widths</title>{"".join(frames)}', encoding="utf-8")
    title = re.search(r"<title>widths (.*?)</title>", chromium(tmp_path, page, (1400, 900), "--dump-dom").stdout)
    assert title
    assert sorted(title[1].split()) == sorted(f"{width}:{width}" for width in WIDTHS)


def test_a_complaint_would_be_seen(content: RunContent, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(content).replace("</body>", "<script>1</script></body>"), encoding="utf-8")
    assert "Content Security Policy" in chromium(tmp_path, page, DESKTOP, "--dump-dom").stderr
