#!/usr/bin/python3
"""Turns MediaPipe's face detector into Scrim's flat model file (docs/ref/formats/model.md).

    convert_face.py MODEL.tflite WIDTHxHEIGHT OUT.nvm

The source is a TensorFlow Lite flatbuffer with a fixed square input; what comes out has the input
size that was asked for. Per box the source says 16 numbers: where the box is, and where eyes, nose,
mouth and ears are. Only the box is kept: the other channels are cut from the last layers, so they
are never computed, and the file has no room for them.
"""

import struct
import sys

import numpy as np

from convert_model import (ACT_NONE, ACT_RELU, ACT_RELU6, ADD, CLASS_FACE, CONV, DEPTHWISE, HEAD_FACE,
                           INPUT, MAX_POOL, ORDER_RGB, RESIZE, Head, Model, Op, Traced, Unsupported,
                           make_file)

BOX_NUMBERS = 4  # centre, width, height: of SOURCE_NUMBERS a box
SOURCE_NUMBERS = 16

# tensorflow/lite/schema/schema.fbs: BuiltinOperator, ActivationFunctionType, Padding, TensorType
OPERATORS = {0: "add", 2: "concatenation", 3: "conv_2d", 4: "depthwise_conv_2d", 6: "dequantize",
             17: "max_pool_2d", 19: "relu", 22: "reshape", 23: "resize_bilinear", 34: "pad"}
ACTIVATIONS = {0: ACT_NONE, 1: ACT_RELU, 3: ACT_RELU6}
PADDING_SAME = 0
TYPES = {0: "<f4", 1: "<f2", 2: "<i4"}


# --- flatbuffers -------------------------------------------------------------------------------


class Table:
    """A flatbuffers table; fields are numbered in the order of the schema."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.fields)[0]

    def _place(self, field):
        entry = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.fields + entry)[0] if entry < self.size else 0
        return self.at + offset if offset else None

    def _target(self, field):
        place = self._place(field)
        return None if place is None else place + struct.unpack_from("<I", self.data, place)[0]

    def scalar(self, field, code, default=0):
        place = self._place(field)
        return default if place is None else struct.unpack_from("<" + code, self.data, place)[0]

    def table(self, field):
        target = self._target(field)
        return None if target is None else Table(self.data, target)

    def vector(self, field, dtype):
        target = self._target(field)
        if target is None:
            return np.zeros(0, dtype)
        count = struct.unpack_from("<I", self.data, target)[0]
        return np.frombuffer(self.data, dtype, count, target + 4)

    def tables(self, field):
        offsets = self.vector(field, "<u4")
        first = None if not len(offsets) else self._target(field) + 4
        return [Table(self.data, first + 4 * i + int(o)) for i, o in enumerate(offsets)]


class Graph:
    """The only subgraph of a TensorFlow Lite file."""

    def __init__(self, data):
        if data[4:8] != b"TFL3":
            raise Unsupported("not a TensorFlow Lite file")
        model = Table(data, struct.unpack_from("<I", data, 0)[0])
        # A code above 126 does not fit the old field; none of ours is.
        codes = [entry.scalar(0, "b") for entry in model.tables(1)]
        subgraphs, self.buffers = model.tables(2), model.tables(4)
        if len(subgraphs) != 1:
            raise Unsupported(f"{len(subgraphs)} subgraphs")
        self.tensors = subgraphs[0].tables(0)
        self.inputs = subgraphs[0].vector(1, "<i4").tolist()
        self.ops = [(OPERATORS.get(codes[op.scalar(0, "I")]), op.vector(1, "<i4").tolist(),
                     op.vector(2, "<i4").tolist(), op.table(4)) for op in subgraphs[0].tables(3)]

    def shape(self, tensor):
        return tuple(self.tensors[tensor].vector(0, "<i4").tolist())

    def constant(self, tensor):
        entry = self.tensors[tensor]
        data = self.buffers[entry.scalar(2, "I")].vector(0, "u1")
        if not len(data):
            raise Unsupported(f"tensor {tensor} has no content")
        return np.frombuffer(data.tobytes(), TYPES[entry.scalar(1, "b")]).reshape(self.shape(tensor))


# --- from their operations to ours -------------------------------------------------------------


class Converter:
    """Walks through the operations in the order they are stored, which is one they can run in."""

    def __init__(self, graph):
        self.graph = graph
        self.ops = []
        self.values = {}  # tensor → value
        self.constants = {}  # tensor → the one it was dequantised from
        self.raw = []  # tensors that are reshaped into what the published model says
        if len(graph.inputs) != 1 or graph.shape(graph.inputs[0])[3] != 3:
            raise Unsupported("the input is not one picture of three channels")
        self.values[graph.inputs[0]] = INPUT
        self.side = graph.shape(graph.inputs[0])[1]

    def run(self):
        for name, inputs, outputs, options in self.graph.ops:
            handler = getattr(self, "on_" + str(name), None)
            if handler is None:
                raise Unsupported(f"an operation this converter does not know, making {outputs}")
            handler(inputs, outputs[0], options)

    def value(self, tensor):
        if tensor not in self.values:
            raise Unsupported(f"tensor {tensor} is used before it is made")
        return Traced(self.values[tensor], self.graph.shape(tensor)[1:3], nchw=False)

    def constant(self, tensor):
        return self.graph.constant(self.constants.get(tensor, tensor)).astype(np.float32)

    def append(self, op, tensor):
        self.ops.append(op)
        self.values[tensor] = len(self.ops)

    def window(self, inputs, kernel, options, stride_fields):
        """Stride and padding (top, left, bottom, right). With SAME, which puts the odd row and
        column last, the padding must be the same for every even size of input."""
        strides = {options.scalar(field, "i") for field in stride_fields}
        if len(strides) != 1:
            raise Unsupported("strides that differ by direction")
        stride = strides.pop()
        pads = [0, 0]
        if options.scalar(0, "b") == PADDING_SAME:
            if stride > 2 or any(side % stride for side in self.graph.shape(inputs[0])[1:3]):
                raise Unsupported(f"implicit padding at a stride of {stride}")
            pads = [k - stride for k in kernel]
        top, left = (max(pad, 0) // 2 for pad in pads)
        return stride, (top, left, max(pads[0], 0) - top, max(pads[1], 0) - left)

    def convolution(self, kind, inputs, tensor, options, activation_field, dilation_field):
        weights, bias = self.constant(inputs[1]), self.constant(inputs[2])
        if any(options.scalar(dilation_field + i, "i", 1) != 1 for i in range(2)):
            raise Unsupported("dilation")
        kernel = weights.shape[1:3]
        stride, pads = self.window(inputs, kernel, options, (1, 2))
        if kind == DEPTHWISE:
            if options.scalar(3, "i") != 1:
                raise Unsupported("a depthwise convolution that multiplies channels")
            weights = weights[0]
        self.append(Op(kind, [self.value(inputs[0])], kernel, stride, pads, weights, bias,
                       ACTIVATIONS[options.scalar(activation_field, "b")]), tensor)

    def on_conv_2d(self, inputs, tensor, options):
        self.convolution(CONV, inputs, tensor, options, 3, 4)

    def on_depthwise_conv_2d(self, inputs, tensor, options):
        self.convolution(DEPTHWISE, inputs, tensor, options, 4, 5)

    def on_max_pool_2d(self, inputs, tensor, options):
        kernel = (options.scalar(4, "i"), options.scalar(3, "i"))
        stride, pads = self.window(inputs, kernel, options, (1, 2))
        self.append(Op(MAX_POOL, [self.value(inputs[0])], kernel, stride, pads), tensor)

    def on_add(self, inputs, tensor, options):
        activation = ACTIVATIONS[options.scalar(0, "b")] if options else ACT_NONE
        self.append(Op(ADD, [self.value(i) for i in inputs], activation=activation), tensor)

    def on_relu(self, inputs, tensor, _options):
        op = self.ops[self.value(inputs[0]).value - 1]
        users = sum(inputs[0] in other for _, other, _, _ in self.graph.ops)
        if users != 1 or op.kind not in (CONV, DEPTHWISE, ADD) or op.activation != ACT_NONE:
            raise Unsupported(f"a ReLU that cannot be folded, making tensor {tensor}")
        op.activation = ACT_RELU
        self.values[tensor] = self.values[inputs[0]]

    def on_pad(self, inputs, tensor, _options):
        """More channels, as an addition wants them: ours counts those that are missing as zero."""
        amounts = self.graph.constant(inputs[1])
        users = [name for name, other, _, _ in self.graph.ops if tensor in other]
        if amounts[:3].any() or amounts[3][0] != 0 or users != ["add"]:
            raise Unsupported("padding that is not of the channels of a sum")
        self.values[tensor] = self.values[inputs[0]]

    def on_resize_bilinear(self, inputs, tensor, options):
        factors = {o / i for o, i in zip(self.graph.constant(inputs[1]),
                                         self.graph.shape(inputs[0])[1:3])}
        if factors != {2} or options.scalar(2, "b") or not options.scalar(3, "b"):
            raise Unsupported("a resize to other than twice the size, or from other positions")
        self.append(Op(RESIZE, [self.value(inputs[0])], up=2, down=1), tensor)

    def on_dequantize(self, inputs, tensor, _options):
        self.constants[tensor] = inputs[0]

    def on_reshape(self, inputs, _tensor, _options):
        self.raw.append(inputs[0])

    def on_concatenation(self, inputs, tensor, _options):
        """Only joins what was reshaped: the published model's two outputs."""
        if any(i in self.values for i in inputs):
            raise Unsupported(f"a concatenation of values, making tensor {tensor}")


# --- the head ----------------------------------------------------------------------------------


def join_head(converter, scores, places):
    """One convolution for the scores and one for 16 numbers a box, over the same value, become one
    that gives scores, then boxes."""
    a, b = (converter.ops[converter.values[tensor] - 1] for tensor in (scores, places))
    boxes = len(a.bias)
    if a.kind != CONV or b.kind != CONV or a.kernel != (1, 1) or b.kernel != (1, 1) or \
            a.inputs[0].value != b.inputs[0].value or len(b.bias) != SOURCE_NUMBERS * boxes:
        raise Unsupported("outputs that are not scores and boxes over the same value")
    kept = [SOURCE_NUMBERS * box + n for box in range(boxes) for n in range(BOX_NUMBERS)]
    return Op(CONV, a.inputs, weights=np.concatenate([a.weights, b.weights[kept]]),
              bias=np.concatenate([a.bias, b.bias[kept]])), boxes


def convert(path):
    with open(path, "rb") as file:
        converter = Converter(Graph(file.read()))
    converter.run()
    shape = converter.graph.shape
    by_grid = {}  # rows → its two tensors, scores first
    for tensor in sorted(converter.raw, key=lambda tensor: shape(tensor)[3]):
        by_grid.setdefault(shape(tensor)[1], []).append(tensor)
    if any(len(tensors) != 2 for tensors in by_grid.values()):
        raise Unsupported("outputs that are not pairs of scores and boxes")
    # The head's convolutions come last, so nothing is numbered after them.
    dropped = {converter.values[tensor] for tensor in converter.raw}
    kept = len(converter.ops) - len(dropped)
    if dropped != set(range(kept + 1, len(converter.ops) + 1)):
        raise Unsupported("outputs that other operations follow")
    ops, head = converter.ops[:kept], Head(HEAD_FACE, [CLASS_FACE])
    for rows, (scores, places) in sorted(by_grid.items(), reverse=True):
        op, boxes = join_head(converter, scores, places)
        ops.append(op)
        head.outputs.append((len(ops), converter.side // rows, boxes))
    return Model(ORDER_RGB, (127.5,) * 3, (1 / 127.5,) * 3, ops, head)


def main():
    if len(sys.argv) != 4:
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 2
    return make_file(convert, *sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
