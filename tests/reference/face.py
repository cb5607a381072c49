#!/usr/bin/python3
"""Does our face detector compute what the published graph computes?

    face.py FORWARD CONVERT_FACE

Evaluates the TensorFlow Lite graph operation by operation in numpy, at its own size of 192×192: of
tools/convert_face.py only the reading of the file is used. Then converts it, runs it through our
executor and compares the score and the four numbers of the box in every cell; the twelve numbers of
points on the face must not be there. Exits with 77 (skipped) if the package is not in the cache.
"""

import importlib.util
import os
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

from nanodet import TOLERANCE, cache_dir, resize_axis, windows

PACKAGE = "mediapipe-face_detection-0.4.1657300184.tgz"
MEMBER = "package/face_detection_full_range.tflite"
SIDE, CELLS = 192, 48


def graph_of(convert, path):
    sys.path.insert(0, os.path.dirname(convert))
    spec = importlib.util.spec_from_file_location("convert_face", convert)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with open(path, "rb") as file:
        return module.Graph(file.read())


def same(x, kernel, stride, value):
    """Padding as TensorFlow's SAME: as many results as strides, what is odd goes behind."""
    amounts = [(0, 0)]
    for axis in (0, 1):
        length = x.shape[1 + axis]
        total = max((-(-length // stride) - 1) * stride + kernel[axis] - length, 0)
        amounts.append((total // 2, total - total // 2))
    return np.pad(x, [*amounts, (0, 0)], constant_values=value)


def evaluate(graph, picture):
    """All tensors. Every convolution of this graph pads with SAME, and ReLU stands by itself."""
    values = {graph.inputs[0]: picture.astype(np.float64)}

    def get(tensor):
        if tensor not in values:
            values[tensor] = graph.constant(tensor).astype(np.float64)
        return values[tensor]

    for name, inputs, (output,), options in graph.ops:
        x = get(inputs[0])
        if name in ("conv_2d", "depthwise_conv_2d"):
            weights, stride = get(inputs[1]), options.scalar(1, "i")
            kernel = weights.shape[1:3]
            view = windows(same(x, kernel, stride, 0), kernel, (stride, stride))
            form = "nyxckl,oklc->nyxo" if name == "conv_2d" else "nyxckl,oklc->nyxc"
            values[output] = np.einsum(form, view, weights, optimize=True) + get(inputs[2])
        elif name == "max_pool_2d":
            values[output] = windows(x, (2, 2), (2, 2)).max(axis=(4, 5))
        elif name == "pad":
            values[output] = np.pad(x, get(inputs[1]).astype(int))
        elif name == "add":
            values[output] = x + get(inputs[1])
        elif name == "relu":
            values[output] = np.maximum(x, 0)
        elif name == "resize_bilinear":
            height, width = get(inputs[1]).astype(int)
            values[output] = resize_axis(resize_axis(x, height, 1), width, 2)
        elif name == "reshape":
            values[output] = x.reshape(graph.shape(output))
        elif name == "dequantize":
            values[output] = x
        else:
            raise AssertionError(f"operation {name}")
    return values


def reference(convert, path, picture):
    graph = graph_of(convert, path)
    values = evaluate(graph, picture)
    scores, places = (next(v for t, v in values.items() if graph.shape(t) == (1, CELLS * CELLS, n))
                      for n in (1, 16))
    return np.concatenate([scores, places[:, :, :4]], axis=2)[0]


def main():
    forward, convert = sys.argv[1:3]
    package = os.path.join(cache_dir(), PACKAGE)
    if not os.path.exists(package):
        print(f"skipped: {package} has not been fetched (tools/models.sh)")
        return 77
    picture = np.random.default_rng(4).uniform(-1, 1, (1, SIDE, SIDE, 3)).astype(np.float32)
    with tempfile.TemporaryDirectory() as directory:
        source, model = (os.path.join(directory, name) for name in ("face.tflite", "face.nvm"))
        with tarfile.open(package) as archive, open(source, "wb") as file:
            file.write(archive.extractfile(MEMBER).read())
        expected = reference(convert, source, picture)
        subprocess.run([convert, source, f"{SIDE}x{SIDE}", model], check=True)
        out = subprocess.run([forward, model], input=picture.tobytes(), stdout=subprocess.PIPE, check=True)
    got = np.frombuffer(out.stdout, np.float32)
    assert got.size == CELLS * CELLS * 5, f"{got.size} numbers where score and box take {CELLS * CELLS * 5}"
    worst, largest = np.abs(got.reshape(-1, 5) - expected).max(), np.abs(expected).max()
    good = worst <= TOLERANCE * largest
    print(f"{'ok' if good else 'FAIL'} differs by at most {worst:.2g} where values reach {largest:.3g}")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
