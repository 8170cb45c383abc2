"""The JSON Schema of the Network's YAML, which editors and other tools use.

Printed by ``python -m natcbus.routing.published``; what is published is kept in step by a test.

It says of one file what ``loading`` says of it alone: both come from the notations in ``sections``.
What several files say together (a desk of another member, a one-way border) only the loader sees.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection

from natcbus.contract.assembly import Json
from natcbus.contract.catalogue import load_catalogue
from natcbus.routing.notation import Definitions
from natcbus.routing.sections import grammar_for


def network_schema(event_types: Collection[str]) -> dict[str, Json]:
    """JSON Schema (draft 2020-12) of a file of the Network, for the event types of a contract."""
    definitions: Definitions = {}
    sections: dict[str, Json] = {
        name: {**field.notation.schema(definitions), "description": field.about}
        for name, field in grammar_for(event_types).sections().items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:natcbus:network:1",
        "title": "A file of the Network",
        "description": "A section may stand in any file, and be spread over several.",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text(event_types: Collection[str]) -> str:
    """The schema as it is published in ``infra/network/schema/network.schema.json``."""
    return json.dumps(network_schema(event_types), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(load_catalogue().types))
