"""JSON schemas of many kinds, each of which has instances."""

from __future__ import annotations

from typing import Any

_PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "flat": _PERSON,
    "root-string": {"type": "string"},
    "root-integer": {"type": "integer"},
    "root-array": {"type": "array", "items": {"type": "number"}, "minItems": 2},
    "null": {"type": "null"},
    "anything": {},
    "enum": {"enum": ["red", "green", 3, None]},
    "const": {"const": {"a": [1, 2]}},
    "types": {"type": ["string", "null"]},
    "nullable-any": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "one-of": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "one-of-overlap": {"oneOf": [{"type": "number"}, {"type": "integer"}]},
    "all-of": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}, "required": ["a"]},
            {"type": "object", "properties": {"a": {"maximum": 5}, "b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "all-of-closed": {
        "allOf": [
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            {"properties": {"a": {"minimum": 2}, "b": {"type": "string"}}},
        ]
    },
    "all-of-enums": {"type": "integer", "allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 3, 4]}]},
    "all-of-arrays": {
        "allOf": [
            {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            {"items": {"minimum": 5}, "maxItems": 2},
        ]
    },
    "all-of-any-ofs": {
        "type": "integer",
        "allOf": [
            {"anyOf": [{"minimum": 3}, {"maximum": -3}]},
            {"anyOf": [{"multipleOf": 2}, {"multipleOf": 3}]},
        ],
    },
    "all-of-true": {"allOf": [True, {"type": "boolean"}]},
    "all-of-types": {"allOf": [{"type": ["number", "null"]}, {"type": ["integer", "string"]}]},
    "any-of-with-shared": {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}},
        "required": ["kind"],
        "anyOf": [
            {"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["x"]},
            {"properties": {"kind": {"const": "b"}, "y": {"type": "boolean"}}, "required": ["y"]},
        ],
    },
    "defs": {
        "$defs": {
            "point": {
                "type": "array",
                "prefixItems": [{"type": "number"}, {"type": "number"}],
                "minItems": 2,
                "maxItems": 2,
            }
        },
        "type": "object",
        "properties": {"from": {"$ref": "#/$defs/point"}, "to": {"$ref": "#/$defs/point"}},
        "required": ["from", "to"],
    },
    "definitions-escaped": {
        "definitions": {"a/b~c": {"type": "integer", "minimum": 4}},
        "type": "object",
        "properties": {"v": {"$ref": "#/definitions/a~1b~0c", "description": "beside"}},
        "required": ["v"],
    },
    "recursive-list": {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "value": {"type": "integer"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                },
                "required": ["value", "next"],
                "additionalProperties": False,
            }
        },
        "$ref": "#/$defs/node",
    },
    "recursive-tree": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["name", "children"],
    },
    "json-value": {
        "$defs": {
            "value": {
                "anyOf": [
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}},
                    {"type": "array", "items": {"$ref": "#/$defs/value"}},
                    {"type": "string"},
                    {"type": "number"},
                    {"type": "null"},
                ]
            }
        },
        "$ref": "#/$defs/value",
    },
    "ranges": {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
            "b": {"type": "number", "minimum": 0.25, "maximum": 0.26},
            "c": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-3},
            "d": {"type": "integer", "multipleOf": 7, "minimum": 50},
            "e": {"type": "number", "multipleOf": 0.5, "maximum": -3},
            "f": {"type": "number", "minimum": 5, "maximum": 5},
            "g": {"type": "integer", "minimum": -3, "maximum": -3},
        },
        "required": ["a", "b", "c", "d", "e", "f", "g"],
    },
    "lengths": {
        "type": "object",
        "properties": {
            "short": {"type": "string", "maxLength": 2},
            "long": {"type": "string", "minLength": 80},
            "exact": {"type": "string", "minLength": 5, "maxLength": 5},
            "empty": {"type": "string", "maxLength": 0},
        },
        "required": ["short", "long", "exact", "empty"],
    },
    "patterns": {
        "type": "object",
        "properties": {
            "zip": {"type": "string", "pattern": "^\\d{5}(-\\d{4})?$"},
            "iban": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}$"},
            "colour": {"type": "string", "pattern": "^#(?:[0-9a-fA-F]{3}){1,2}$"},
            "word": {"type": "string", "pattern": "cat|dog"},
            "long": {"type": "string", "pattern": "^[a-z]+$", "minLength": 30, "maxLength": 40},
            "path": {"type": "string", "pattern": "^/[^/]+(/[^/]+)*$"},
            "open": {"type": "string", "pattern": "a.b", "maxLength": 3},
        },
        "required": ["zip", "iban", "colour", "word", "long", "path", "open"],
    },
    "formats": {
        "type": "object",
        "properties": {
            name: {"type": "string", "format": name}
            for name in (
                "date-time",
                "date",
                "time",
                "duration",
                "email",
                "hostname",
                "ipv4",
                "ipv6",
                "uri",
                "uuid",
                "regex",
            )
        },
        "required": [
            "date-time",
            "date",
            "time",
            "duration",
            "email",
            "hostname",
            "ipv4",
            "ipv6",
            "uri",
            "uuid",
            "regex",
        ],
    },
    "arrays": {
        "type": "object",
        "properties": {
            "many": {"type": "array", "items": {"type": "integer"}, "minItems": 6, "maxItems": 6},
            "unique": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
            "none": {"type": "array", "items": {"type": "string"}, "maxItems": 0},
            "tuple": {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "items": False,
                "minItems": 2,
            },
            "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 50}, "minContains": 2},
            "objects": {"type": "array", "items": _PERSON, "minItems": 1},
        },
        "required": ["many", "unique", "none", "tuple", "contains", "objects"],
    },
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "pattern-properties": {
        "type": "object",
        "patternProperties": {"^x_[a-z]+$": {"type": "boolean"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "property-names": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z]{3}$"},
        "additionalProperties": {"type": "null"},
        "minProperties": 1,
    },
    "min-properties": {
        "type": "object",
        "properties": {"a": {"type": "null"}, "b": {"type": "null"}},
        "minProperties": 2,
    },
    "max-properties": {
        "type": "object",
        "properties": {c: {"type": "null"} for c in "abcdef"},
        "required": ["f"],
        "maxProperties": 2,
    },
    "dependent": {
        "type": "object",
        "properties": {"card": {"type": "string"}, "address": {"type": "string"}},
        "required": ["card"],
        "dependentRequired": {"card": ["address"]},
    },
    "if-then-else": {
        "type": "object",
        "properties": {"country": {"enum": ["US", "NL"]}, "zip": {"type": "string"}},
        "required": ["country", "zip"],
        "if": {"properties": {"country": {"const": "US"}}},
        "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
        "else": {"properties": {"zip": {"pattern": "^[0-9]{4} [A-Z]{2}$"}}},
    },
    "not": {"type": "integer", "minimum": 0, "maximum": 3, "not": {"enum": [0, 1, 2]}},
    "no-type": {"properties": {"a": {"minLength": 3}}, "required": ["a"]},
    "unicode": {
        "type": "object",
        "properties": {"größe": {"type": "integer"}, "名前": {"const": "花"}},
        "required": ["größe", "名前"],
    },
    "deep": {
        "type": "object",
        "properties": {
            "a": {
                "type": "object",
                "properties": {
                    "b": {
                        "type": "object",
                        "properties": {
                            "c": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {
                                        "d": {"type": "object", "properties": {"e": {"const": 1}}, "required": ["e"]}
                                    },
                                    "required": ["d"],
                                },
                                "minItems": 1,
                            }
                        },
                        "required": ["c"],
                    }
                },
                "required": ["b"],
            }
        },
        "required": ["a"],
    },
}
