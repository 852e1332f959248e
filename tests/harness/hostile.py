"""Bad requests made from the OpenAPI document: for each operation a valid-looking request, and what goes wrong with it.
Deterministic: the same document gives the same requests in the same order."""

import json
import re
from urllib.parse import quote, urlencode

NOBODY = "999999999999"
TEXTS = [
    "", " ", "\u0000", "a\u0000b", "' OR 1=1 --", "\"; DROP TABLE conversation; --", "%' ESCAPE '", "<script>alert(1)</script>",
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "${file:/etc/passwd}", "{{7*7}}", "\r\nSet-Cookie: a=b", "\ud83d\ude00" * 50,
    "\u202e\u2066 rtl", "x" * 70_000, "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e400", "NaN",
    "true", "null", "[]", "2026-02-30T25:61:61Z", "0000-00-00", "\ufffe\uffff",
]
VALUES = [None, True, 0, -1, 2**63, -(2**63) - 1, 1.5, 1e308, [], [None], {}, {"$ne": None}, [[[[]]]], "", "x" * 70_000, "a\u0000b"]
PATHS = [NOBODY, "0", "-1", "9223372036854775808", "1e3", "me", "none", "null", "%00", "%2e%2e%2f", "' OR '1'='1", "<b>", "\u00e9", "a" * 3000]


def operations(document: dict):
    for path, methods in sorted(document["paths"].items()):
        for method, operation in sorted(methods.items()):
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, operation


class Requests:
    """`known` gives ids that exist for path parameters, by the segment before them: {"conversations": "12"}."""

    def __init__(self, document: dict, known: dict[str, str]):
        self.document, self.known = document, known

    def resolve(self, schema):
        while isinstance(schema, dict) and "$ref" in schema:
            target = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            schema = target
        return schema if isinstance(schema, dict) else {}

    def example(self, schema, depth: int = 0):
        """A value of the schema, near enough to be looked at closely."""
        schema = self.resolve(schema)
        for some in ("oneOf", "anyOf", "allOf"):
            if some in schema:
                return self.example(schema[some][0], depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            if depth > 5:
                return {}
            return {name: self.example(inner, depth + 1) for name, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.example(schema.get("items", {}), depth + 1)]
        return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(kind, "1")

    def body(self, operation):
        content = self.resolve(operation.get("requestBody", {})).get("content", {})
        return self.resolve(content.get("application/json", {}).get("schema", {})) if content else None

    def path(self, template: str, instead: dict[int, str] | None = None) -> str:
        """The template with ids that exist, but for the parameters (counted from 0) named in `instead`."""
        segments, found = template.split("/"), 0
        for index, segment in enumerate(segments):
            if re.fullmatch(r"\{[^}]+\}", segment):
                known = self.known.get(segments[index - 1], NOBODY)
                segments[index] = quote((instead or {}).get(found, known), safe="%'")
                found += 1
        return "/".join(segments)

    def of(self, path: str, operation: dict):
        """(what is wrong, target, body bytes or None, content type)"""
        schema = self.body(operation)
        good = json.dumps(self.example(schema)).encode() if schema else None
        for index in range(path.count("{")):
            for text in PATHS:
                yield f"path parameter {index}: {text[:40]!r}", self.path(path, {index: text}), good, "application/json"
        for parameter in operation.get("parameters", []):
            parameter = self.resolve(parameter)
            if parameter.get("in") != "query":
                continue
            for text in TEXTS:
                query = urlencode({parameter["name"]: text[:3000]}, errors="surrogatepass")
                yield f"?{parameter['name']}={text[:40]!r}", f"{self.path(path)}?{query}", good, "application/json"
        yield "an unknown parameter", self.path(path) + "?no_such_parameter=1", good, "application/json"
        if schema is None:
            return
        for what, raw in [("no JSON", b"{"), ("no UTF-8", b'{"a":"\xff\xfe"}'), ("nothing", b""), ("a list", b"[]"), ("null", b"null"),
                          ("a text", b'"x"'), ("deep", b"[" * 5000 + b"]" * 5000), ("deep objects", b'{"a":' * 3000 + b"1" + b"}" * 3000),
                          ("a lone surrogate", b'{"text":"\\ud800"}'), ("a huge number", b'{"text":' + b"9" * 5000 + b"}"),
                          ("a key twice", b'{"text":"a","text":"b"}'), ("an unknown member", b'{"no_such_member":1}'),
                          ("a prototype", b'{"__proto__":{"admin":true},"constructor":1}')]:
            yield what, self.path(path), raw, "application/json"
        yield "another type", self.path(path), b"a=b", "application/x-www-form-urlencoded"
        yield "a lying type", self.path(path), b"\x89PNG", "image/png"
        example = self.example(schema)
        if not isinstance(example, dict):
            return
        for place in list(places(example)):
            for value in VALUES + TEXTS:
                raw = json.dumps(replaced(example, place, value), allow_nan=False).encode()
                yield f"/{'/'.join(map(str, place))} is {str(value)[:40]!r}", self.path(path), raw, "application/json"


def places(value, at=()):
    """Every place in a JSON value but its root."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        yield (*at, key)
        yield from places(inner, (*at, key))


def replaced(value, place, by):
    if not place:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], by)
    return copy
