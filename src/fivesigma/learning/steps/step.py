"""What a step of preparation is."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from fivesigma.core.arrays import Floats

__all__ = ["Step"]


class Step(Protocol):
    """One step: a frozen dataclass of arrays. It gives as many inputs as it takes, and treats each event by itself.

    Attributes
    ----------
    mixes
        Whether it makes new inputs of several, and so needs all of them to be there.
    """

    mixes: ClassVar[bool]

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Self:
        """Return the step as training events (n, k) of training weights (n,), all above zero, have it."""
        ...

    def __call__(self, X: Floats) -> Floats:
        """Return inputs (n, k) as the next step sees them."""
        ...
