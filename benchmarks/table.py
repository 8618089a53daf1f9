"""The table that the benchmarks print: a row is a ratio and what it is the ratio of."""

__all__ = ["print_row"]


def print_row(what: str, ours: float, baseline: float, *, against: str, unit: str) -> None:
    """Print how many times as much as the baseline ours is."""
    print(
        f"{what:<46} {ours / baseline:6.2f} × {against} ({ours:.0f} {unit} against {baseline:.0f} {unit})", flush=True
    )
