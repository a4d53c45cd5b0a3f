"""What is public of the nodes never changes unnoticed."""

from __future__ import annotations

import json

from build_schemas import FILE, describe


def test_ids_inputs_defaults_and_order_are_as_published(nodes):
    schemas = {name: describe(node.define_schema()) for name, node in nodes.classes.items()}
    assert schemas == json.loads(FILE.read_text(encoding="utf-8")), (
        "Saved workflows store values by position: append new inputs, optional, at the end of the schema. "
        "If the change is meant, run: make generated"
    )


def test_required_inputs_come_before_optional_ones(nodes):
    # The front end and the server list them so; positions of saved values would otherwise differ from the schema.
    for node in nodes.classes.values():
        flags = [each.optional for each in node.define_schema().inputs]
        assert flags == sorted(flags)


def test_every_node_is_in_one_category_and_says_what_it_does(nodes):
    for name, node in nodes.classes.items():
        schema = node.define_schema()
        assert name.startswith("GPEN") and schema.category == "GPEN" and len(schema.description) > 20


def test_every_widget_has_a_tooltip(nodes):
    for name, node in nodes.classes.items():
        for each in node.define_schema().inputs:
            assert each.tooltip or each.io_type in ("IMAGE",), f"{name}.{each.id}"
