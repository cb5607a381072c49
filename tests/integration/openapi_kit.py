"""Holds what scrimd answers against what it says of itself at /api/v1/openapi.json."""

import json
import re

from harness import expect

try:
    import jsonschema
except ImportError:  # tools/deps.sh installs it for the tests; a bench goes on without
    jsonschema = None


class Described:
    """The description of one program, asked for once."""

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.paths = [
            (re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(pattern)) + "$"), methods)
            for pattern, methods in document["paths"].items()
        ]

    def operation(self, method, path):
        for pattern, methods in self.paths:
            if pattern.match(path.split("?")[0]) and method.lower() in methods:
                return methods[method.lower()]
        return None

    def fits(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        trouble = jsonschema.exceptions.best_match(validator.iter_errors(value))
        expect(trouble is None, f"{what} is not as openapi.json says: {trouble and trouble.json_path}: {trouble and trouble.message}")

    def check(self, method, path, given, status, kind, body):
        operation = self.operation(method, path)
        if not operation or method == "HEAD" or not (kind or "").startswith("application/json"):
            return
        what = f"{method} {path}: {status}"
        answers = operation["responses"]
        content = answers["2XX" if status < 300 else "default"].get("content")
        expect(content, f"{what} answers JSON, and routes.c names no schema")
        self.fits(content["application/json"]["schema"], json.loads(body), what)
        if given is not None and not isinstance(given, bytes) and status < 300:  # bytes: no JSON
            expect("requestBody" in operation, f"{what} took a body, and routes.c names no schema of it")
            self.fits(operation["requestBody"]["content"]["application/json"]["schema"], given, f"{what}: the body")


_described = None


def check(client, method, path, given, answer):
    """`client` asks for the description if nobody has yet. Other programs than scrimd have none."""
    global _described
    status, headers, body = answer
    if not jsonschema or not path.startswith("/api/v1/") or path == "/api/v1/openapi.json":
        return
    if _described is None:
        got, _, document = client.request("GET", "/api/v1/openapi.json")
        expect(got == 200, f"openapi.json: {got}")
        _described = Described(json.loads(document))
    _described.check(method, path, given, status, headers.get("Content-Type"), body)
