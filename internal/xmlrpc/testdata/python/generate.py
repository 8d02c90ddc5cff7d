#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the documents beside it with Python's own marshaller, each with the
value it stands for as JSON ({"t": type, "v": value}). Run it in this folder."""
import base64
import json
import xmlrpc.client as x

CASES = {
    "scalars": [0, 1, -1, 2**31 - 1, -2**31, 1.0, 0.1, 1e16, 1e-5, 1.5e300, -0.0, float("inf"), float("-inf"), True, False, None, "", "text"],
    "texts": ["a&b<c>d", "\"quoted\" 'single'", " blanks kept ", "two\nlines\n", "tab\tbed", "naïve ☃ 😀", "]]>", "&amp;", "<value/>"],
    "bytes": [b"", b"\x00\x01\xff", b"x" * 200],
    "nested": [{"a": [1, [2, [3, []]], {}], "b": {"c": {"": None}}}, [], {}, [None, "", 0, False]],
    "keys": {"": 1, "a b": 2, "a.b/c-d": 3, "<&>": 4, "ключ": 5},
    "row": [{"build_id": i, "name": "bash", "epoch": None if i % 2 else i, "extra": {"n": i}, "completion_ts": 1795175856.991118 + i} for i in range(5)],
    "time": [x.DateTime("20260102T03:04:05")],
}


def plain(v):
    if v is None:
        return {"t": "nil"}
    if isinstance(v, bool):
        return {"t": "bool", "v": v}
    if isinstance(v, int):
        return {"t": "int", "v": str(v)}
    if isinstance(v, float):
        return {"t": "double", "v": repr(v)}
    if isinstance(v, str):
        return {"t": "string", "v": v}
    if isinstance(v, bytes):
        return {"t": "bytes", "v": base64.b64encode(v).decode()}
    if isinstance(v, x.DateTime):
        return {"t": "time", "v": v.value}
    if isinstance(v, list):
        return {"t": "array", "v": [plain(e) for e in v]}
    return {"t": "struct", "v": {k: plain(e) for k, e in v.items()}}


def wire(v):
    # Members in order of their names, as our own encoder writes them.
    if isinstance(v, dict):
        return {k: wire(v[k]) for k in sorted(v)}
    return x.Binary(v) if isinstance(v, bytes) else [wire(e) for e in v] if isinstance(v, list) else v


for name, value in CASES.items():
    with open(name + ".xml", "w", newline="") as f:
        f.write(x.dumps((wire(value),), methodresponse=True, allow_none=True))
    with open(name + ".json", "w") as f:
        json.dump(plain(value), f, indent=1, ensure_ascii=False, sort_keys=True)
        f.write("\n")
