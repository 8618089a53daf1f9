"""What values of a configuration are made of: names, expressions, numbers in bounds."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expressions import Expression

__all__ = [  # not Name and Identifier: what they must look like is no text that documentation can set
    "Bins",
    "Files",
    "Maximised",
    "Positive",
    "RelativeUncertainty",
    "Sentinel",
    "Strict",
    "Text",
    "Trees",
    "named_like",
]


def _expression(text: str) -> str:
    try:
        Expression(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return text


def _number(value: Any) -> Any:
    """Return a bare number as the expression that it is."""
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
"""A name: it becomes part of file names and expressions."""
Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""A name that expressions may use."""
Text: TypeAlias = Annotated[
    str, BeforeValidator(_number, json_schema_input_type=str | float), AfterValidator(_expression)
]
"""An expression."""
Positive: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
RelativeUncertainty: TypeAlias = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


Maximised: TypeAlias = Literal["asimov_z", "s_over_sqrt_b", "ams", "expected_limit"]
"""What a working point maximises; the AMS is that of yields with the first of the regulators, a limit is made smallest."""
Bins: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]
Files: TypeAlias = Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)]
"""Names or patterns."""
Trees: TypeAlias = str | Annotated[list[str], Field(min_length=1)]
"""One, or several that are read one after the other."""
Sentinel: TypeAlias = Literal["nan"] | Annotated[float, Field(allow_inf_nan=False)]
"""A value that stands for "not there"; the word stands for what is no number in the file itself."""


def named_like(text: str, most: int = 64) -> str:
    """Return a `Name` as like a text, a file's name say, as can be."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")
    return (name if name[:1].isalpha() else f"s_{name}".rstrip("_"))[:most]


class Strict(BaseModel):
    """What knows all its keys, and refuses others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
