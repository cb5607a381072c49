#!/usr/bin/python3
"""Measures how large the values inside a detector get, for running it in 8 bits.

    calibrate_model.py nanodet GRAPH.json WIDTHxHEIGHT OUT.json CLIP…

Runs the float network (in numpy) on frames spread over the clips, as they are, dark, bright and noisy, and
writes the range of every value: tools/nanodet.ranges.json was made so, from the clips that its field `clips`
names. Only these numbers are kept, never a picture. A range covers all but the largest ten-thousandth of the
numbers in every picture: what lies beyond is clipped, and the others get the finer steps.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import convert_model as source

FRAMES = 8  # of every clip
KEPT = 99.99  # per cent of the magnitudes of a value


LIGHT = {  # what cameras make of a scene
    "plain": lambda picture, _: picture,
    "dark": lambda picture, _: picture * 0.35,
    "bright": lambda picture, _: np.clip(picture * 1.6, 0, 255),
    "noisy": lambda picture, random: np.clip(picture + random.normal(0, 20, picture.shape), 0, 255),
}


def count_frames(clip):
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
               "stream=nb_read_packets", "-of", "default=nokey=1:noprint_wrappers=1", clip]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.split()[0])


def frames(clip, width, height):
    """BGR pictures, evenly spread, scaled into the input as the veil does: the rest is the mean colour."""
    step = max(1, count_frames(clip) // FRAMES)
    size = f"{width}:{height}"
    filters = (f"select='not(mod(n,{step}))',scale={size}:force_original_aspect_ratio=decrease:"
               f"flags=bilinear,pad={size}:color=0x7b7467")
    command = ["ffmpeg", "-v", "error", "-i", clip, "-vf", filters, "-fps_mode", "passthrough",
               "-frames:v", str(FRAMES), "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3).astype(np.float32)


def windows(x, op, fill):
    top, left, bottom, right = op.pads
    x = np.pad(x, ((top, bottom), (left, right), (0, 0)), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, op.kernel, axis=(0, 1))
    return view[:: op.stride, :: op.stride]  # [rows][columns][channels][kh][kw]


def convolve(op, x):
    view = windows(x, op, 0)
    rows, columns = view.shape[:2]
    weights = op.weights.transpose(3, 1, 2, 0).reshape(-1, op.weights.shape[0])
    y = view.reshape(rows * columns, -1) @ weights + op.bias
    return y.reshape(rows, columns, -1)


def resize_axis(x, length, axis):
    at = np.maximum((np.arange(length) + 0.5) * x.shape[axis] / length - 0.5, 0)
    low = at.astype(int)
    high = np.minimum(low + 1, x.shape[axis] - 1)
    share = (at - low).reshape([-1 if i == axis else 1 for i in range(3)]).astype(np.float32)
    return np.take(x, low, axis) * (1 - share) + np.take(x, high, axis) * share


def evaluate(op, inputs):
    x = inputs[0]
    if op.kind == source.CONV:
        x = convolve(op, x)
    elif op.kind == source.MAX_POOL:
        x = windows(x, op, -np.inf).max(axis=(3, 4))
    elif op.kind == source.ADD:
        x = inputs[0] + inputs[1]
    elif op.kind == source.CONCAT:
        x = np.concatenate(inputs, axis=2)
    elif op.kind == source.RESIZE:
        height, width = (length * op.up // op.down for length in x.shape[:2])
        x = resize_axis(resize_axis(x, height, 0), width, 1)
    else:
        raise source.Unsupported(f"operation of kind {op.kind}")
    if op.activation == source.ACT_LEAKY:
        x = np.where(x < 0, x * op.slope, x)
    elif op.activation != source.ACT_NONE:
        raise source.Unsupported(f"activation {op.activation}")
    return x.astype(np.float32)


def run(model, picture):
    """Every value for one picture, in order."""
    values = [((picture - model.mean) * model.scale).astype(np.float32)]
    for op in model.ops:
        values.append(evaluate(op, [values[traced.value] for traced in op.inputs]))
    return values


def main():
    if len(sys.argv) < 6 or sys.argv[1] not in source.CONVERTERS:
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 2
    _, kind, graph, size, target, *clips = sys.argv
    width, height = (int(side) for side in size.split("x"))
    model = source.CONVERTERS[kind](graph)
    random = np.random.default_rng(1)
    ranges = np.zeros(len(model.ops) + 1)
    for clip in clips:
        for picture in frames(clip, width, height):
            for change in LIGHT.values():
                values = run(model, change(picture, random))
                ranges = np.maximum(ranges, [np.percentile(np.abs(value), KEPT) for value in values])
        print(f"{clip}: done")
    names = [Path(clip).name for clip in clips]
    table = {"made_by": "tools/calibrate_model.py", "input": size, "clips": names, "kept_percent": KEPT,
             "ranges": [float(f"{value:.4g}") for value in ranges]}
    Path(target).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
