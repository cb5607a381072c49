#!/usr/bin/python3
"""Turns a published detector into Scrim's flat model file (docs/ref/formats/model.md).

    convert_model.py nanodet GRAPH.json WIDTHxHEIGHT OUT.nvm

The source is a TensorFlow.js graph that itself came from ONNX: transposes and explicit padding nodes
around every operation, shapes fixed for 416×416. What comes out is a list of six kinds of operation
over NHWC tensors without shapes, of the input size that was asked for, and a description of its
outputs. Only what ends in a box, a class we mask or a score is kept: channels of other classes are
cut from the last layers, so they are never computed.
"""

import base64
import hashlib
import json
import os
import struct
import sys
from dataclasses import dataclass, field, replace

import numpy as np

MAGIC = b"scrimnvm"
VERSION = 2

HEAD_GFL, HEAD_FACE = 1, 2
CONV, DEPTHWISE, MAX_POOL, ADD, CONCAT, RESIZE = range(1, 7)
ACT_NONE, ACT_RELU, ACT_RELU6, ACT_LEAKY = range(4)
ORDER_BGR, ORDER_RGB = range(2)
CLASS_PERSON, CLASS_TWO_WHEELER, CLASS_VEHICLE, CLASS_FACE = range(4)

INPUT = 0  # the value that every graph starts from; operation n makes value n + 1


class Unsupported(Exception):
    """The source graph holds something this converter would get wrong."""


@dataclass
class Op:
    kind: int
    inputs: list  # of Traced
    kernel: tuple = (1, 1)
    stride: int = 1
    pads: tuple = (0, 0, 0, 0)  # top, left, bottom, right
    weights: np.ndarray = None  # [out][kh][kw][in], depthwise [kh][kw][channels]
    bias: np.ndarray = None
    activation: int = ACT_NONE
    slope: float = 0.0
    up: int = 1  # resize by up/down
    down: int = 1
    folded: int = 0  # operations of the source graph that were merged into this one


@dataclass
class Head:
    kind: int
    classes: list  # the Scrim class of every score channel
    bins: int = 0  # GFL only
    outputs: list = field(default_factory=list)  # (value, stride); faces: (value, stride, boxes)


@dataclass
class Model:
    order: int
    mean: tuple
    scale: tuple
    ops: list
    head: Head
    ranges: list = None  # of every value, as calibrate_model.py measured them


# --- writing -----------------------------------------------------------------------------------


def pack_op(op):
    out = struct.pack(">BBfB", op.kind, op.activation, op.slope, len(op.inputs))
    out += struct.pack(f">{len(op.inputs)}H", *(source.value for source in op.inputs))
    if op.kind in (CONV, DEPTHWISE, MAX_POOL):
        out += struct.pack(">7B", *op.kernel, op.stride, *op.pads)
    if op.kind == CONV:
        out += struct.pack(">H", op.weights.shape[0])
    if op.kind in (CONV, DEPTHWISE):
        weights = op.weights.astype(">f2")
        if not np.all(np.isfinite(weights)):
            raise Unsupported("a weight does not fit 16 bits")
        out += weights.tobytes() + op.bias.astype(">f4").tobytes()
    if op.kind == RESIZE:
        out += struct.pack(">BB", op.up, op.down)
    return out


def pack(model, width, height):
    head = model.head
    out = MAGIC + struct.pack(">HHHHB", VERSION, head.kind, width, height, model.order)
    out += struct.pack(">6f", *model.mean, *model.scale)
    out += struct.pack(">B", len(head.classes)) + bytes(head.classes)
    if head.kind == HEAD_GFL:
        out += struct.pack(">B", head.bins)
    out += struct.pack(">B", len(head.outputs))
    for output in head.outputs:
        out += struct.pack(">HH" if head.kind == HEAD_GFL else ">HHB", *output)
    out += struct.pack(">H", len(model.ops)) + b"".join(map(pack_op, model.ops))
    out += bytes([model.ranges is not None])
    out += struct.pack(f">{len(model.ranges or [])}f", *(model.ranges or []))
    return out + hashlib.sha256(out).digest()


# --- TensorFlow.js graphs ----------------------------------------------------------------------


def read_weights(graph, directory):
    """Every tensor of the weights manifest, as float32 or integers."""
    stored = {"float32": "<f4", "int32": "<i4"}
    tensors = {}
    for group in graph["weightsManifest"]:
        paths = [os.path.join(directory, name) for name in group["paths"]]
        blob = b"".join(open(path, "rb").read() for path in paths)
        at = 0
        for entry in group["weights"]:
            kind = np.dtype(stored[entry["dtype"]])
            if "quantization" in entry:
                if entry["quantization"]["dtype"] != "float16":
                    raise Unsupported(f"{entry['name']}: quantised weights")
                kind = np.dtype("<f2")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            flat = np.frombuffer(blob, kind, count, at)
            at += count * kind.itemsize
            tensors[entry["name"]] = flat.astype(stored[entry["dtype"]]).reshape(entry["shape"])
        if at != len(blob):
            raise Unsupported(f"{len(blob) - at} bytes are left over behind the weights")
    return tensors


@dataclass
class Traced:
    """Where a tensor of the source graph is in our list of operations."""

    value: int
    size: tuple  # (rows, columns) in the source graph, pads included
    nchw: bool  # the order of its axes in the source graph; ours are always NHWC
    pads: tuple = (0, 0, 0, 0)  # a Pad node that the next operation takes over: t, l, b, r
    pad_value: float = 0.0
    folded: int = 0  # how much of operation `value - 1` this tensor has seen

    def axis(self, nhwc):
        return (0, 2, 3, 1)[nhwc] if self.nchw else nhwc


class Tracer:
    """Walks from a tensor back to the input and lists the operations on the way."""

    def __init__(self, graph, tensors):
        self.nodes = {node["name"]: node for node in graph["modelTopology"]["node"]}
        self.tensors = tensors
        self.traced = {}
        self.ops = []

    def attribute(self, node, name):
        value = node["attr"][name]
        if "s" in value:
            return base64.b64decode(value["s"]).decode()
        if "list" in value:
            return [int(item) for item in value["list"].get("i", [])]
        return next(iter(value.values()))

    def constant(self, name):
        return self.tensors.get(name.split(":")[0])

    def append(self, op, size, nchw):
        self.ops.append(op)
        return Traced(len(self.ops), size, nchw)

    def fold(self, node, source):
        """The convolution that made `source`, to be changed in place by what follows it."""
        op = self.ops[source.value - 1] if source.value != INPUT else None
        if op is None or op.kind != CONV or op.activation != ACT_NONE:
            raise Unsupported(f"{node['name']}: does not follow a convolution")
        op.folded += 1
        return op, replace(source, folded=op.folded)

    def check_folds(self):
        """Nobody else may have used a tensor from before something was folded into its maker."""
        for source in (source for op in self.ops for source in op.inputs):
            if source.value != INPUT and source.folded != self.ops[source.value - 1].folded:
                raise Unsupported(f"value {source.value} is used before and after its activation")

    def trace(self, name):
        if name not in self.traced:
            node = self.nodes[name]
            handler = getattr(self, "on_" + node["op"].lower(), None)
            if handler is None:
                raise Unsupported(f"{name}: operation {node['op']}")
            self.traced[name] = handler(node)
        return self.traced[name]

    def unpadded(self, name):
        source = self.trace(name)
        if any(source.pads):
            raise Unsupported(f"{name}: padding in front of an operation that cannot take it")
        return source

    def on_placeholder(self, node):
        sizes = [int(dim["size"]) for dim in node["attr"]["shape"]["shape"]["dim"]]
        if len(sizes) != 4 or sizes[:2] != [1, 3]:
            raise Unsupported(f"{node['name']}: input is not one picture of three planes")
        return Traced(INPUT, tuple(sizes[2:]), nchw=True)

    def on_identity(self, node):
        return self.trace(node["input"][0])

    def on_transpose(self, node):
        source = self.trace(node["input"][0])
        order = tuple(self.constant(node["input"][1]))
        if order == ((0, 2, 3, 1) if source.nchw else (0, 3, 1, 2)):
            return replace(source, nchw=not source.nchw)
        if order != (0, 1, 2, 3):
            raise Unsupported(f"{node['name']}: transposition {order}")
        return source

    def on_pad(self, node):
        source = self.unpadded(node["input"][0])
        amounts = self.constant(node["input"][1])
        value = float(self.constant(node["input"][2])) if len(node["input"]) > 2 else 0.0
        rows, columns = amounts[source.axis(1)], amounts[source.axis(2)]
        if amounts.sum() != rows.sum() + columns.sum():
            raise Unsupported(f"{node['name']}: pads batch or channels")
        size = (source.size[0] + int(rows.sum()), source.size[1] + int(columns.sum()))
        pads = (int(rows[0]), int(columns[0]), int(rows[1]), int(columns[1]))
        return replace(source, size=size, pads=pads, pad_value=value)

    on_padv2 = on_pad

    def window(self, node, source, kernel):
        """Stride and output size of a convolution or pooling over a padded tensor."""
        if source.nchw or self.attribute(node, "data_format") != "NHWC":
            raise Unsupported(f"{node['name']}: works on planes")
        if self.attribute(node, "padding") != "VALID":
            raise Unsupported(f"{node['name']}: implicit padding")
        if self.attribute(node, "strides") not in ([1, 1, 1, 1], [1, 2, 2, 1]):
            raise Unsupported(f"{node['name']}: stride")
        stride = self.attribute(node, "strides")[1]
        size = tuple((length - k) // stride + 1 for length, k in zip(source.size, kernel))
        return stride, size

    def on_conv2d(self, node):
        source = self.trace(node["input"][0])
        weights = self.constant(node["input"][1])  # [kh][kw][in][out]
        if self.attribute(node, "dilations") != [1, 1, 1, 1] or source.pad_value != 0:
            raise Unsupported(f"{node['name']}: dilation, or padding with {source.pad_value}")
        stride, size = self.window(node, source, weights.shape[:2])
        op = Op(CONV, [source], weights.shape[:2], stride, source.pads,
                weights.transpose(3, 0, 1, 2), np.zeros(weights.shape[3], np.float32))
        return self.append(op, size, nchw=False)

    def on_maxpool(self, node):
        source = self.trace(node["input"][0])
        if any(source.pads) and source.pad_value > -1e30:
            raise Unsupported(f"{node['name']}: padding that could win the maximum")
        kernel = tuple(self.attribute(node, "ksize")[1:3])
        stride, size = self.window(node, source, kernel)
        return self.append(Op(MAX_POOL, [source], kernel, stride, source.pads), size, False)

    def on_add(self, node):
        sources = [name for name in node["input"] if self.constant(name) is None]
        if len(sources) == 2:
            a, b = (self.unpadded(name) for name in sources)
            if a.size != b.size or a.nchw != b.nchw:
                raise Unsupported(f"{node['name']}: adds tensors of different shape")
            return self.append(Op(ADD, [a, b]), a.size, a.nchw)
        source = self.unpadded(sources[0])
        bias = next(c for c in map(self.constant, node["input"]) if c is not None).reshape(-1)
        op, result = self.fold(node, source)
        if bias.size != op.bias.size:
            raise Unsupported(f"{node['name']}: {bias.size} biases for {op.bias.size} channels")
        op.bias = op.bias + bias
        return result

    on_addv2 = on_add

    def on_leakyrelu(self, node):
        source = self.unpadded(node["input"][0])
        op, result = self.fold(node, source)
        op.activation, op.slope = ACT_LEAKY, float(self.attribute(node, "alpha"))
        return result

    def on_concatv2(self, node):
        sources = [self.unpadded(name) for name in node["input"][:-1]]
        first = sources[0]
        axis = int(self.constant(node["input"][-1])) % 4
        if axis != first.axis(3) or any((s.size, s.nchw) != (first.size, first.nchw) for s in sources):
            raise Unsupported(f"{node['name']}: joins something else than channels")
        return self.append(Op(CONCAT, sources), first.size, first.nchw)

    def on_resizebilinear(self, node):
        source = self.unpadded(node["input"][0])
        target = tuple(int(length) for length in self.constant(node["input"][1]))
        if not self.attribute(node, "half_pixel_centers") or self.attribute(node, "align_corners"):
            raise Unsupported(f"{node['name']}: sampling positions")
        for up, down in ((2, 1), (1, 2)):
            if target == tuple(length * up // down for length in source.size):
                op = Op(RESIZE, [source], up=up, down=down)
                return self.append(op, target, source.nchw)
        raise Unsupported(f"{node['name']}: resizes {source.size} to {target}")


# --- NanoDet -----------------------------------------------------------------------------------

# COCO class → ours; the other 73 are never computed.
NANODET_CLASSES = {0: CLASS_PERSON, 1: CLASS_TWO_WHEELER, 2: CLASS_VEHICLE, 3: CLASS_TWO_WHEELER,
                   5: CLASS_VEHICLE, 6: CLASS_VEHICLE, 7: CLASS_VEHICLE}
NANODET_COCO, NANODET_BINS = 80, 11


def keep_channels(op, channels):
    op.weights, op.bias = op.weights[channels], op.bias[channels]


def convert_nanodet(path):
    """NanoDet-g: three grids of class scores (before the sigmoid) and distances to four sides."""
    with open(path, encoding="utf-8") as file:
        graph = json.load(file)
    tracer = Tracer(graph, read_weights(graph, os.path.dirname(path)))
    head = Head(HEAD_GFL, list(NANODET_CLASSES.values()), NANODET_BINS)
    box = range(NANODET_COCO, NANODET_COCO + 4 * NANODET_BINS)
    splits = [node for node in tracer.nodes.values() if node["op"] == "SplitV"]
    for node in splits:
        if list(tracer.constant(node["input"][1])) != [NANODET_COCO, 4 * NANODET_BINS]:
            raise Unsupported(f"{node['name']}: not {NANODET_COCO} scores and 4 distances")
        output = tracer.unpadded(node["input"][0])
        keep_channels(tracer.ops[output.value - 1], [*NANODET_CLASSES, *box])
        head.outputs.append((output.value, 416 // output.size[0]))
    tracer.check_folds()
    if [stride for _, stride in head.outputs] != [8, 16, 32]:
        raise Unsupported(f"outputs of strides {head.outputs}")
    mean, std = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
    return Model(ORDER_BGR, mean, tuple(1 / s for s in std), tracer.ops, head)


def measured_ranges(kind, model):
    """From KIND.ranges.json beside this program; without it the model runs in float only."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), kind + ".ranges.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        ranges = json.load(file)["ranges"]
    if len(ranges) != len(model.ops) + 1 or not all(value > 0 for value in ranges):
        raise Unsupported(f"{path} holds {len(ranges)} ranges, and there are {len(model.ops) + 1} values")
    return ranges


CONVERTERS = {"nanodet": convert_nanodet}


def make_file(convert, source, size, target):
    """Writes `target` from the Model that `convert` makes of `source`; the exit status of a converter."""
    width, height = (int(side) for side in size.split("x"))
    if width % 32 or height % 32 or not 32 <= width <= 2048 or not 32 <= height <= 2048:
        print(f"{size}: both sides must be multiples of 32 from 32 to 2048", file=sys.stderr)
        return 2
    try:
        content = pack(convert(source), width, height)
    except Unsupported as reason:
        print(f"{source}: {reason}", file=sys.stderr)
        return 1
    with open(target + ".part", "wb") as file:
        file.write(content)
    os.replace(target + ".part", target)
    return 0


def main():
    if len(sys.argv) != 5 or sys.argv[1] not in CONVERTERS:
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 2
    _, kind, source, size, target = sys.argv

    def convert(source):
        model = CONVERTERS[kind](source)
        model.ranges = measured_ranges(kind, model)
        return model

    return make_file(convert, source, size, target)


if __name__ == "__main__":
    sys.exit(main())
