"""The schema that editors check a YAML by says what fivesigma says."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SHIPPED = [*ROOT.glob("src/fivesigma/recipes/*/analysis.yaml"), *ROOT.glob("examples/*.yaml")]


@pytest.fixture(scope="module")
def schema(fivesigma):
    done = fivesigma("schema")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_it_is_a_schema_and_fields_have_descriptions(schema):
    Draft202012Validator.check_schema(schema)
    analysis = schema["$defs"]["Analysis"]["properties"]
    assert analysis["energy"]["description"] == "Centre-of-mass energy in TeV."


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_analysis_is_one(schema, path):
    assert not list(Draft202012Validator(schema).iter_errors(YAML(typ="safe").load(path.read_text(encoding="utf-8"))))


def test_a_number_is_an_expression_there_too(schema, fivesigma):
    config = json.loads((fivesigma.root / "toy.yaml").read_text())
    config["events"] = {"weight": 1}
    config["samples"]["sig"]["cross_section"] = 0.01
    assert Draft202012Validator(schema).is_valid(config)
    config["events"]["weight"] = [1]
    assert not Draft202012Validator(schema).is_valid(config)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("analysis", "lumi", 10), ("training", "folds", "five"), ("events", "wieght", "w"), ("analysis", "seed", -1)],
)
def test_mistakes_are_none(schema, fivesigma, section, key, value):
    config = json.loads((fivesigma.root / "toy.yaml").read_text())
    assert Draft202012Validator(schema).is_valid(config)
    config.setdefault(section, {})[key] = value
    assert not Draft202012Validator(schema).is_valid(config)
