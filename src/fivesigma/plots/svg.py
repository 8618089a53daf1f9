"""SVG as matplotlib writes it, made smaller: coordinates to a hundredth of a point, nothing that does not draw."""

from __future__ import annotations

import re

__all__ = ["slim"]

_IDLE = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|(?<=>)\s+(?=<)", re.DOTALL)
_GROUP = re.compile(r'<g(?: id="[^"]*")?((?: [^>]*[^>/])?)(/?)>|</g>')
_STYLE = re.compile(r'(?<=style=")[^"]*')
_MARKER = re.compile(r'<path id="(m[0-9a-f]+)" d="[^"]*" style="([^"]*)"/>')
_USE = re.compile(r'(<use xlink:href="#(m[0-9a-f]+)"[^>]*?) style="([^"]*)"/>')
_PATH = re.compile(r'<path( id="[^"]*")? d="([^"]*)"')
_PLACE = re.compile(r'(?<= )[xy]="[^"]*"|translate\([^)]*\)')
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_AROUND_COMMAND = re.compile(r"\s*([A-Za-z])\s*")
_FONT = "DejaVuSans-"


def slim(svg: str) -> str:
    """Return the same picture in about half as many bytes.

    Glyphs are drawn large and scaled down, so that their coordinates become whole numbers.
    """
    svg = _without_idle_groups(_IDLE.sub("", svg))
    svg = _STYLE.sub(lambda found: found[0].replace(": ", ":").replace("; ", ";"), svg)
    svg = _PLACE.sub(lambda found: _rounded(found[0], 2), _PATH.sub(_path, svg))
    return _without_repeated_styles(svg).replace(_FONT, "g")


def _without_idle_groups(svg: str) -> str:
    """Drop the groups that only give a name to what they hold; nothing refers to their names."""
    kept: list[bool] = []

    def shorter(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return "</g>" if kept.pop() else ""
        if tag[2]:
            return ""
        kept.append(bool(tag[1]))
        return f"<g{tag[1]}>" if kept[-1] else ""

    return _GROUP.sub(shorter, svg)


def _without_repeated_styles(svg: str) -> str:
    """Drop the style where a marker is used in the style it was defined in, as all ticks are."""
    styles = dict(_MARKER.findall(svg))

    def shorter(use: re.Match[str]) -> str:
        return f"{use[1]}/>" if styles.get(use[2]) == use[3] else use[0]

    return _USE.sub(shorter, svg)


def _path(found: re.Match[str]) -> str:
    identifier = found[1] or ""
    data = _rounded(found[2], 0 if _FONT in identifier else 2)
    data = ",".join(_AROUND_COMMAND.sub(r"\1", data).split())
    return f'<path{identifier} d="{data}"'


def _rounded(text: str, decimals: int) -> str:
    return _NUMBER.sub(lambda found: _shortest(float(found[0]), decimals), text)


def _shortest(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return "0" if text == "-0" else text
