"""The reference that is made from the code: every section of a configuration, and what is nested in it."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fivesigma.analysis.schema import Configuration

ROOT = Path(__file__).parents[2]


def docs_module(name: str) -> ModuleType:
    """Return a module of the folder of the documentation, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where typing looks for what its annotations name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    """The tables of the YAML reference by heading."""
    text = docs_module("yaml_sections").section_tables()
    return {part.partition("\n")[0]: part for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]}


def test_every_section_has_a_table_of_its_fields(tables: dict[str, str]) -> None:
    sections = Configuration.model_json_schema()["$defs"]
    shown = [re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE) for table in tables.values()]
    assert sorted(shown) == sorted(list(section["properties"]) for section in sections.values())


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("`samples.NAME.parts.NAME`", "cross_section"),
        ("`samples.NAME.alternatives.NAME`", "parts"),
        ("`models.NAME.tune.parameters.NAME`", "log"),
        ("`events.metadata`", "key"),
        ("`layout`", "source"),
        ("`inference.NAME.masses`", "step"),
        ("`inference.NAME`, `type: limit_plane`", "published"),
    ],
)
def test_sections_in_sections_are_told(tables: dict[str, str], heading: str, field: str) -> None:
    assert f"| `{field}` |" in tables[heading]


def test_no_field_is_of_a_kind_that_has_no_words(tables: dict[str, str]) -> None:
    assert not [
        row for table in tables.values() for row in table.splitlines() if re.search(r"\bNone\b|\bobject\b", row)
    ]
