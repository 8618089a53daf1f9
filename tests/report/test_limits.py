from __future__ import annotations

from fivesigma.report.limits import limit_texts


def test_all_limits_share_their_decimals() -> None:
    texts = limit_texts({"limit_expected": [0.0221, 0.302, 0.419, 0.599, 10.2], "limit_observed": 0.451})
    assert texts.band == ("0.02", "0.30", "0.42", "0.60", "10.20")
    assert (texts.median, texts.up, texts.down, texts.observed) == ("0.42", "+0.18", "−0.12", "0.45")


def test_what_is_blind_has_no_text() -> None:
    texts = limit_texts({"limit_expected": None, "limit_observed": None})
    assert (texts.band, texts.median, texts.observed) == (None, None, None)
    assert limit_texts({"limit_expected": [1.0, 2.0, 3.0, 4.0, 5.0]}).observed is None
    assert limit_texts({"limit_observed": 2.345}).observed == "2.35"
