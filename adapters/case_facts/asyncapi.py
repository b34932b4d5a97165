"""The AsyncAPI 3 document of the contract, made from its types; `docs/asyncapi.json` is a copy of it."""

from typing import Any, Final

from pydantic import TypeAdapter

from adapters.case_facts.contract import FACTS, TOPIC
from adapters.case_facts.messages import SOURCE, type_name

_NUMBER: Final = {"type": "string", "pattern": "^[0-9]+$"}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {
        "type": "string",
        "description": "Subject, generation and sequence, parted by slashes: unique within its source.",
    },
    "ce_type": {"type": "string"},
    "ce_source": {"const": SOURCE},
    "ce_subject": {
        "type": "string",
        "format": "uuid",
        "description": "The pseudonym of the case; it is the key of the record too.",
    },
    "ce_time": {
        "type": "string",
        "format": "date-time",
        "description": "The first instant, in UTC, of the Auckland day on which it was recorded; of a case that was "
        "ever paused, of the last day of that week.",
    },
    "ce_sequence": {
        **_NUMBER,
        "description": "The facts told of this case are numbered 1, 2, 3, ... without gaps: whoever has all up to "
        "this one has missed nothing of the case. FactsWithdrawn takes no number: it has that of the last fact that "
        "stands.",
    },
    "ce_generation": {
        **_NUMBER,
        "description": "How often the log was restored from an older copy before this was told. Within a case, what "
        "has a lower generation than the last record seen was told before, whatever its number.",
    },
    "ce_keyid": {
        "type": "string",
        "description": "With which secret the pseudonyms were made. Under another one the same case has another "
        "subject, and its numbers go on.",
    },
}
_CLOUD_EVENT: Final = {
    "headers": {"type": "object", "required": list(_HEADERS), "properties": _HEADERS},
    "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
}


def document() -> dict[str, Any]:
    """Return the document, the same whenever the contract is the same."""
    names = [kind.__name__ for kind in FACTS]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Attendance Service: case facts",
            "version": "1.0.0",
            "description": "What happens to cases, pseudonymous, each fact once for readers of committed records "
            "(`isolation.level=read_committed`) and in order within a case.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "caseFacts": {
                "address": TOPIC,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
                "bindings": {"kafka": {"topic": TOPIC}},
            }
        },
        "operations": {
            "tellCaseFacts": {
                "action": "send",
                "channel": {"$ref": "#/channels/caseFacts"},
                "messages": [{"$ref": f"#/channels/caseFacts/messages/{name}"} for name in names],
            }
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in FACTS},
            "messageTraits": {"cloudEvent": _CLOUD_EVENT},
            "schemas": _schemas(),
        },
    }


def _message(kind: type[Any]) -> dict[str, Any]:
    return {
        "name": type_name(kind),
        "title": kind.__name__,
        "summary": (kind.__doc__ or "").split("\n\n")[0],
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "headers": {"type": "object", "properties": {"ce_type": {"const": type_name(kind)}}},
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def _schemas() -> dict[str, Any]:
    """Return the JSON Schema of every type, and of what they are made of."""
    asked: list[Any] = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in FACTS]
    _, shared = TypeAdapter.json_schemas(asked, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = shared["$defs"]
    return found
