"""A few dozen schemas as people write them for models: to measure what they cost in a prompt, and that nothing is lost.

Our own, of many trades.
"""

from __future__ import annotations

from typing import Any


def _object(text: str = "", /, **fields: Any) -> dict[str, Any]:
    """Fields whose name ends with `_` are optional."""
    schema: dict[str, Any] = {"type": "object"}
    if text:
        schema["description"] = text
    schema["properties"] = {name.removesuffix("_"): field for name, field in fields.items()}
    schema["required"] = [name for name in fields if not name.endswith("_")]
    return {**schema, "additionalProperties": False}


def _a(kind: str, text: str = "", /, **more: Any) -> dict[str, Any]:
    return {"type": kind, **({"description": text} if text else {}), **more}


def _list(items: Any, text: str = "", /, **more: Any) -> dict[str, Any]:
    return {"type": "array", **({"description": text} if text else {}), "items": items, **more}


def _one_of(*values: Any, text: str = "") -> dict[str, Any]:
    return {"type": "string", "enum": list(values), **({"description": text} if text else {})}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


TEXT, INT, NUMBER, FLAG = _a("string"), _a("integer"), _a("number"), _a("boolean")
DATE = _a("string", format="date")
MONEY = _object(amount=_a("number", "without tax", minimum=0), currency=_a("string", "ISO 4217", pattern="^[A-Z]{3}$"))
ADDRESS = _object(street=TEXT, city=TEXT, postcode_=TEXT, country=_a("string", "two letters", minLength=2, maxLength=2))

SCHEMAS: dict[str, dict[str, Any]] = {
    "sentiment": _object(label=_one_of("positive", "neutral", "negative"), score=_a("number", minimum=0, maximum=1)),
    "keywords": _object(keywords=_list(TEXT, "most important first", minItems=1, maxItems=10)),
    "title": _object(title=_a("string", "at most ten words", maxLength=100)),
    "person": _object(name=TEXT, born_=_or_null(DATE), email_=_a("string", format="email"), address_=ADDRESS),
    "people": _object(people=_list(_object("A person in the text.", name=TEXT, role_=_a("string", "job or office")))),
    "invoice": _object(
        "An invoice as it was printed.",
        number=TEXT,
        issued=DATE,
        due_=_or_null(DATE),
        seller=_ref("Party"),
        buyer=_ref("Party"),
        lines=_list(_object(text=TEXT, count=_a("number", exclusiveMinimum=0), price=_ref("Money")), minItems=1),
        total=_ref("Money"),
    )
    | {"$defs": {"Party": _object(name=TEXT, vat_=_a("string", "VAT number"), address=ADDRESS), "Money": MONEY}},
    "event": _object(
        name=TEXT,
        start=_a("string", "with time zone", format="date-time"),
        end_=_a("string", format="date-time"),
        place_=_a("string", "city or venue"),
        people=_list(TEXT),
        online=_a("boolean", default=False),
    ),
    "recipe": _object(
        "A recipe.",
        name=TEXT,
        servings=_a("integer", minimum=1, maximum=20),
        minutes_=_a("integer", "from start to table"),
        ingredients=_list(_object(name=TEXT, amount_=NUMBER, unit_=_one_of("g", "kg", "ml", "l", "piece", "spoon"))),
        steps=_list(_a("string", "one sentence"), minItems=1),
    ),
    "ticket": _object(
        title=_a("string", "what is broken, in a few words"),
        kind=_one_of("bug", "feature", "question", "incident"),
        priority=_one_of("low", "normal", "high", "urgent", text="urgent only if somebody cannot work"),
        parts_=_list(TEXT, "parts of the product", uniqueItems=True),
        steps_=_list(TEXT, "how to see it"),
        version_=_a("string", pattern=r"^\d+\.\d+(\.\d+)?$"),
    ),
    "route": _object(
        intent=_one_of("billing", "technical", "sales", "other"), language=_a("string", "ISO 639-1"), urgent=FLAG
    ),
    "tree": {"$ref": "#/$defs/Node", "$defs": {"Node": _object(name=TEXT, children_=_list(_ref("Node")))}},
    "contract": _object(
        "What a contract says.",
        parties=_list(_object(name=TEXT, role=_one_of("landlord", "tenant", "guarantor")), minItems=2),
        starts=DATE,
        ends_=_or_null(_a("string", "none if it runs until it is ended", format="date")),
        rent=MONEY,
        deposit_=MONEY,
        clauses=_list(_object(number=TEXT, about=TEXT, unusual=_a("boolean", "would surprise a lawyer"))),
    ),
    "medical": _object(
        diagnoses=_list(_object(name=TEXT, icd10_=_a("string", "code", pattern="^[A-Z][0-9]{2}"), certain=FLAG)),
        medicines=_list(_object(name=TEXT, dose_=TEXT, times_a_day_=_a("integer", minimum=1, maximum=12))),
        allergies_=_list(TEXT),
        follow_up_=_or_null(DATE),
    ),
    "job": _object(
        title=TEXT,
        company=TEXT,
        remote=_one_of("no", "partly", "fully"),
        pay_=_object(low_=NUMBER, high_=NUMBER, currency=TEXT, per=_one_of("hour", "month", "year")),
        skills=_list(_object(name=TEXT, required=FLAG, years_=_a("integer", minimum=0))),
    ),
    "cv": _object(
        name=TEXT,
        jobs=_list(
            _object(company=TEXT, title=TEXT, since=_a("string", "YYYY-MM"), until_=_or_null(_a("string", "YYYY-MM")))
        ),
        schools_=_list(_object(school=TEXT, degree_=TEXT, year_=INT)),
        languages_={
            "type": "object",
            "description": "level by language",
            "additionalProperties": _one_of("A", "B", "C"),
        },
    ),
    "review": _object(
        rating=_a("integer", "stars", minimum=1, maximum=5),
        pros=_list(TEXT),
        cons=_list(TEXT),
        aspects_={"type": "object", "additionalProperties": _a("number", minimum=-1, maximum=1)},
    ),
    "quiz": _object(
        questions=_list(
            _object(
                question=TEXT,
                answers=_list(TEXT, minItems=4, maxItems=4),
                right=_a("integer", "index", minimum=0, maximum=3),
            ),
            minItems=1,
        )
    ),
    "summary": _object(headline=_a("string", maxLength=80), points=_list(TEXT, minItems=3, maxItems=7), tone_=TEXT),
    "translation": _object(text=TEXT, source=_a("string", "language that was found"), notes_=_list(TEXT)),
    "triples": _object(
        triples=_list(_object(subject=TEXT, predicate=TEXT, object=TEXT, sure=_a("number", minimum=0, maximum=1)))
    ),
    "entities": _list(
        _object(
            text=_a("string", "as in the source"),
            kind=_one_of("person", "place", "company", "date", "money"),
            start_=INT,
        )
    ),
    "sql": _object(query=_a("string", "one SELECT statement"), tables=_list(TEXT), explains_=TEXT),
    "plan": _object(
        goal=TEXT,
        steps=_list(
            {
                "oneOf": [
                    _object(do={"const": "search"}, query=TEXT),
                    _object(do={"const": "read"}, url=_a("string", format="uri")),
                    _object(do={"const": "answer"}, text=TEXT, sources_=_list(TEXT)),
                ]
            },
            maxItems=10,
        ),
    ),
    "shape": {
        "anyOf": [
            _object(kind={"const": "circle"}, radius=_a("number", exclusiveMinimum=0)),
            _object(
                kind={"const": "box"}, width=_a("number", exclusiveMinimum=0), height=_a("number", exclusiveMinimum=0)
            ),
        ],
        "description": "A shape.",
    },
    "expression": {
        "anyOf": [NUMBER, _ref("Operation")],
        "$defs": {
            "Operation": _object(
                op=_one_of("+", "-", "*", "/"),
                left={"anyOf": [NUMBER, _ref("Operation")]},
                right={"anyOf": [NUMBER, _ref("Operation")]},
            )
        },
    },
    "weather": _object(
        place=TEXT,
        days=_list(_object(date=DATE, low=NUMBER, high=NUMBER, sky=_one_of("clear", "cloud", "rain", "snow"))),
    ),
    "table": _object(
        columns=_list(_object(name=TEXT, type=_one_of("text", "number", "date", "bool"))), rows=_list(_list({}))
    ),
    "config": _object(
        host=_a("string", default="localhost"),
        port=_a("integer", minimum=1, maximum=65535, default=8080),
        debug_=_a("boolean", default=False),
        labels_={"type": "object", "additionalProperties": TEXT},
    ),
    "point": {"type": "array", "prefixItems": [NUMBER, NUMBER], "minItems": 2, "maxItems": 2, "items": False},
    "flight": _object(
        number=_a("string", "such as LH123", pattern="^[A-Z0-9]{2}[0-9]{1,4}$"),
        **{"from": _ref("Stop"), "to": _ref("Stop")},
        cabin=_one_of("economy", "business", "first"),
        seats_=_list(TEXT),
        price_=MONEY,
    )
    | {
        "$defs": {
            "Stop": _object(airport=_a("string", "IATA", minLength=3, maxLength=3), at=_a("string", format="date-time"))
        }
    },
    "payment": _object(amount=NUMBER, by=_one_of("card", "transfer"), card_=TEXT, iban_=TEXT)
    | {"if": {"properties": {"by": {"const": "card"}}}, "then": {"required": ["card"]}, "else": {"required": ["iban"]}},
    "moderation": _object(
        flagged=FLAG, reasons=_list(_one_of("violence", "hate", "self_harm", "sexual", "other")), why_=TEXT
    ),
    "commit": _object(
        type=_one_of("feat", "fix", "docs", "refactor", "test"),
        scope_=TEXT,
        subject=_a("string", "imperative, no full stop", maxLength=72),
        body_=TEXT,
        breaking=_a("boolean", default=False),
    ),
    "answer": _object(
        answer=TEXT,
        quotes=_list(_object(document=TEXT, text=_a("string", "word for word"))),
        known=_a("boolean", "false if the documents do not say"),
    ),
    "movie": _object(
        title=TEXT,
        year=_a("integer", minimum=1888),
        genres=_list(_one_of("drama", "comedy", "action", "horror", "other"), uniqueItems=True),
        cast_=_list(_object(actor=TEXT, role_=TEXT)),
        score_=_or_null(_a("number", minimum=0, maximum=10)),
    ),
    "order": _object(
        items=_list(
            _object(sku=_a("string", pattern="^[A-Z]{2}-[0-9]{4}$"), count=_a("integer", minimum=1), gift_=FLAG),
            minItems=1,
        ),
        ship_to=_ref("Address"),
        bill_to_=_ref("Address"),
        notes_=_or_null(TEXT),
    )
    | {"$defs": {"Address": ADDRESS}},
}
