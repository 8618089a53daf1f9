import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.requirements import require


def test_what_holds_is_silent_and_what_does_not_is_named_with_its_place() -> None:
    numbers = np.array([[1.0, 2.0], [-3.5, -4.0]])
    require(numbers > -5, numbers, "{0} is too low")
    with pytest.raises(FivesigmaError, match=r"^sr: entry 2 of 4: -3.5 is negative$"):
        require(numbers >= 0, numbers, "{0} is negative", "sr: ")


def test_a_single_number_has_no_place() -> None:
    with pytest.raises(FivesigmaError, match=r"^-1 is negative$"):
        require(np.asarray(False), np.asarray(-1.0), "{0} is negative")
