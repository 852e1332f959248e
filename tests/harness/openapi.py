"""Holds answers against the OpenAPI 3.1 document that usherd serves: the path and status must be documented, and the
body must be what the schema says. Knows the part of JSON Schema 2020-12 that the document uses; refuses other keywords
of weight, so that nothing passes by not being understood."""

import re
from datetime import datetime

ANNOTATIONS = {"title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "format",
               "$comment", "$defs", "contentMediaType", "contentEncoding", "discriminator", "externalDocs", "nullable"}
KNOWN = ANNOTATIONS | {"type", "enum", "const", "properties", "required", "additionalProperties", "items", "oneOf", "anyOf",
                       "allOf", "$ref", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems",
                       "propertyNames", "uniqueItems", "not", "minProperties", "maxProperties", "exclusiveMinimum",
                       "exclusiveMaximum", "multipleOf", "prefixItems"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


class Contract:
    def __init__(self, document: dict, base: str):
        self.document = document
        if not str(document.get("openapi", "")).startswith("3.1"):
            raise AssertionError(f"the document says openapi {document.get('openapi')!r}, expected 3.1.x")
        prefix = ""
        if document.get("servers"):
            prefix = document["servers"][0].get("url", "").rstrip("/")
        self.routes = []
        for path, operations in document["paths"].items():
            full = path if path.startswith(base) else (prefix if prefix.startswith("/") else base) + path
            pattern = re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                         for part in re.split(r"(\{[^}]+\})", full)))
            self.routes.append((path, pattern, operations))
        self.routes.sort(key=lambda route: route[0].count("{"))  # a literal segment goes before a variable one

    def check(self, method: str, target: str, answer) -> None:
        path = target.partition("?")[0]
        found = [(name, operations) for name, pattern, operations in self.routes if pattern.fullmatch(path)]
        operation = next((operations[method.lower()] for _, operations in found if method.lower() in operations), None)
        if operation is None:
            if answer.status in (404, 405):
                return
            raise AssertionError(f"{answer}: {method} {path} is not in the OpenAPI document")
        responses = operation["responses"]
        status = str(answer.status)
        response = responses.get(status) or responses.get(status[0] + "XX") or responses.get("default")
        if response is None:
            raise AssertionError(f"{answer}: status {status} is not documented for {method} {path}: {sorted(responses)}")
        response = self.resolve(response)
        content = response.get("content", {})
        if "application/json" not in content:
            if answer.raw and not content:
                raise AssertionError(f"{answer}: documented without a body")
            return
        faults = list(self.faults(answer.json, content["application/json"].get("schema", {}), ""))
        if faults:
            raise AssertionError(f"{answer} is not what the OpenAPI document says:\n  " + "\n  ".join(faults[:20]))

    def resolve(self, schema):
        while isinstance(schema, dict) and "$ref" in schema and len(schema) == 1:
            target = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            schema = target
        return schema

    def faults(self, value, schema, path: str):
        """Everything that is wrong with the value, each with its path."""
        schema = self.resolve(schema)
        if schema is True or schema == {}:
            return
        if schema is False:
            yield f"{path or '/'}: nothing is allowed here"
            return
        unknown = {key for key in schema if key not in KNOWN and not key.startswith("x-")}
        if unknown:
            yield f"{path or '/'}: the document uses {sorted(unknown)}, which this check does not know"
        if "$ref" in schema:
            yield from self.faults(value, {"$ref": schema["$ref"]}, path)
        if "type" in schema:
            kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not any(self.is_kind(value, kind) for kind in kinds):
                yield f"{path or '/'}: {short(value)} is not {' or '.join(kinds)}"
                return
        if "const" in schema and value != schema["const"]:
            yield f"{path or '/'}: {short(value)} is not {schema['const']!r}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path or '/'}: {short(value)} is none of {schema['enum']}"
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in schema:
                results = [list(self.faults(value, some, path)) for some in schema[keyword]]
                good = sum(not result for result in results)
                if keyword == "allOf":
                    for result in results:
                        yield from result
                elif good == 0 or (keyword == "oneOf" and good > 1):
                    yield f"{path or '/'}: fits {good} of {keyword}: " + "; ".join(min(results, key=len)[:3])
        if "not" in schema and not list(self.faults(value, schema["not"], path)):
            yield f"{path or '/'}: {short(value)} is what it must not be"
        if isinstance(value, str):
            yield from self.string_faults(value, schema, path)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                yield f"{path or '/'}: {value} is out of range"
        elif isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                yield f"{path or '/'}: {len(value)} items"
            for index, item in enumerate(value):
                yield from self.faults(item, schema.get("items", True), f"{path}/{index}")
        elif isinstance(value, dict):
            yield from self.object_faults(value, schema, path)

    def object_faults(self, value, schema, path):
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}/{name}: is missing"
        for name, item in value.items():
            if name in properties:
                yield from self.faults(item, properties[name], f"{path}/{name}")
            elif schema.get("additionalProperties", True) is False:
                yield f"{path}/{name}: is not in the document"
            else:
                yield from self.faults(item, schema.get("additionalProperties", True), f"{path}/{name}")

    @staticmethod
    def string_faults(value, schema, path):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{path or '/'}: {len(value)} characters"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{path or '/'}: {short(value)} does not match {schema['pattern']}"
        if schema.get("format") == "date-time":
            try:
                if not value.endswith("Z"):
                    raise ValueError
                datetime.fromisoformat(value)
            except ValueError:
                yield f"{path or '/'}: {short(value)} is not a time in UTC"

    @staticmethod
    def is_kind(value, kind: str) -> bool:
        if kind == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if kind == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, TYPES[kind])


def short(value) -> str:
    text = repr(value)
    return text if len(text) < 120 else text[:117] + "..."
