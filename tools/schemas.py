#!/usr/bin/python3
"""schemas.py OUT.c PARAMETERS.json SCHEMAS.json…: the parts of the OpenAPI document that the table of routes does not know.

Each file is one object: name → JSON Schema (2020-12), or name → parameter. A name that stands twice, or a reference
to one that stands nowhere, ends the build.
"""

import json
import re
import sys
from pathlib import Path


def c_string(text):
    lines = (json.dumps(text[at : at + 90])[1:-1] for at in range(0, len(text), 90))  # pure ASCII: escapes are C's
    return "\n".join(f'    "{line}"' for line in lines)


def main(out, parameters, *files):
    schemas = {}
    for path in files:
        for name, schema in json.loads(Path(path).read_text()).items():
            if name in schemas:
                sys.exit(f"{path}: there is a schema {name} already")
            schemas[name] = schema
    text = json.dumps({"schemas": schemas, "parameters": json.loads(Path(parameters).read_text())}, separators=(",", ":"))
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        if name not in schemas:
            sys.exit(f"no schema is called {name}")
    Path(out).write_text(
        "// Made by tools/schemas.py.\n"
        '#include "desk/openapi.h"\n\n'
        f"const char scrim_openapi_components[] =\n{c_string(text)};\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
