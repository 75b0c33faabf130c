"""Every hazard type: whole, described, and the page about it up to date."""

import pytest

from workers import catalogue
from workers.hazards import registry
from workers.hazards.base import SEVERITIES
from workers.hazards.params import describe

TYPES = sorted(registry())


def test_the_page_is_what_the_files_say():
    assert catalogue.PAGE.read_text(encoding="utf-8") == catalogue.page()


@pytest.mark.parametrize("name", TYPES)
def test_a_type_says_what_it_is_and_what_to_do(name):
    hazard = registry()[name]
    assert hazard.type == name
    assert hazard.title and hazard.action and (hazard.__doc__ or "").strip()
    assert hazard.levels and set(hazard.levels.values()) <= {"", *SEVERITIES}
    assert hazard.severity in SEVERITIES
    for item in describe(hazard.params):
        assert item["label"] and item["help"].endswith(".")


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_has_every_parameter_and_its_default_is_within_bounds(name):
    made = catalogue.schema(registry()[name])["properties"]["params"]
    assert list(made["properties"]) == [i["name"] for i in describe(registry()[name].params)]
    for item in made["properties"].values():
        if "minimum" in item and "default" in item:
            assert item["minimum"] <= item["default"] <= item["maximum"]
