"""Holds what a Compute Engine API said over the wire against Google's discovery document.

Arguments: answers, each a JSON object {"httpMethod", "path", "status", "body"}; writes for each a line with the JSON list of
its problems.
"""

import json
import re
import sys
from importlib.resources import files

DOCUMENT = json.loads(
    files("googleapiclient").joinpath("discovery_cache/documents/compute.v1.json").read_text()
)
SCHEMAS = DOCUMENT["schemas"]


def all_methods(resources):
    for name, resource in resources.items():
        for verb, method in resource.get("methods", {}).items():
            pattern = re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(method["flatPath"]))
            yield f"{name}.{verb}", method["httpMethod"], re.compile(f"{pattern}$"), method


METHODS = list(all_methods(DOCUMENT["resources"]))


def find_method(http_method, path):
    """Its name and its description, by a path below the API's version."""
    for name, verb, pattern, method in METHODS:
        if verb == http_method and pattern.match(path):
            return name, method
    return None, None


def walk_answer(http_method, path, status, text):
    name, method = find_method(http_method, path)
    if method is None:
        return [f"{http_method} {path}: no method of the API"]
    try:
        body = json.loads(text)
    except ValueError:
        return [f"{name}: the body is no JSON"]
    if status != 200:
        return walk_error(status, body)
    return list(walk({"$ref": method["response"]["$ref"]}, body, ""))


def walk_error(status, body):
    """The document has no schema of refusals; all of Google's JSON APIs have this one."""
    error = {
        "type": "object",
        "properties": {
            "code": {"type": "integer", "format": "int32"},
            "message": {"type": "string"},
            "status": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ("message", "domain", "reason")},
                },
            },
            "details": {"type": "array", "items": {"type": "any"}},
        },
    }
    problems = list(walk({"type": "object", "properties": {"error": error}}, body, ""))
    told = body.get("error", {}) if isinstance(body, dict) else {}
    if not isinstance(told, dict) or told.get("code") != status:
        problems.append(f"error/code: not {status}, the status of the answer")
    elif not told.get("message") or not told.get("errors"):
        problems.append("error: without a message or a reason")
    return problems


def walk(schema, value, at):
    schema = SCHEMAS[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type", "any")
    if kind == "any":
        return
    if kind == "object":
        yield from walk_object(schema, value, at)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{at}: no list"
            return
        if not value:
            yield f"{at}: an empty list, which Google leaves out"
        for item in value:
            yield from walk(schema["items"], item, f"{at}/item")
    else:
        yield from walk_scalar(schema, kind, value, at)


def walk_object(schema, value, at):
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, inner in value.items():
        below = f"{at}/{name}" if at else name
        if name in properties:
            yield from walk(properties[name], inner, below)
        elif others is not None:
            yield from walk(others, inner, below)
        else:
            yield f"{below}: unknown"


RANGES = {"int32": (-(2**31), 2**31), "uint32": (0, 2**32)}
LONGS = {"uint64": r"\d{1,20}", "int64": r"-?\d{1,19}"}


def walk_scalar(schema, kind, value, at):
    form = schema.get("format")
    if kind == "boolean":
        good = isinstance(value, bool)
    elif kind == "integer":
        low, high = RANGES[form]
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value < high
    elif kind == "number":
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        good = isinstance(value, str)
        if good and form in LONGS:
            good = re.fullmatch(LONGS[form], value) is not None
        if good and "enum" in schema:
            good = value in schema["enum"]
        if good and "pattern" in schema:
            good = re.fullmatch(schema["pattern"], value) is not None
    if not good:
        yield f"{at}: {value!r} is no {form or kind}" + (" of the enumeration" if "enum" in schema else "")


def main():
    for argument in sys.argv[1:]:
        answer = json.loads(argument)
        print(json.dumps(walk_answer(answer["httpMethod"], answer["path"], answer["status"], answer["body"])))


if __name__ == "__main__":
    main()
