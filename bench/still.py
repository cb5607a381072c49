"""People who stand or sit still for ten minutes, in clips made of real footage.

One picture of a real clip is held for ten minutes with fresh sensor noise in each; before and after it the clip goes
on as it was, so that people walk in, or have been there from the start, and leave at last. Their boxes were drawn by
eye, or are the annotator's. What the bench adds to the score of the masks: how long the place of somebody who has left
stays covered.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

RATE = 5  # pictures a second; the schedule goes by time, and so do the ten minutes
HELD = 600  # seconds
NOISE = "noise=c0s=7:c0f=t"  # a deviation of four grey levels
GONE = 0.05  # a place is open when less than this share of it is masked, for a second


@dataclass(frozen=True)
class Still:
    """The footage `begin`…`held_at` seconds as it was, the picture at `held_at` for ten minutes, then on to `end`."""
    name: str
    footage: str
    begin: int
    held_at: int
    end: int
    boxes: tuple = ()  # (x, y, w, h) in the held picture; none: those of the annotation of the footage
    leaves: tuple = ()  # the box that nobody is in any more, this long after the hold: (index, seconds)
    rate: int = 10  # pictures a second of the footage, a multiple of RATE


MAN = ((383, 4, 160, 378),)
DINERS = ((44, 153, 37, 56), (86, 193, 56, 58), (136, 177, 43, 50), (189, 143, 29, 69), (217, 147, 37, 62),
          (234, 99, 32, 37), (594, 70, 31, 41), (728, 109, 26, 44))

STILLS = [
    Still("still-walked-in", "intel_onebyone.mp4", 20, 30, 48, MAN, (0, 15.5)),
    Still("still-from-the-start", "intel_onebyone.mp4", 30, 30, 48, MAN, (0, 15.5)),
    Still("still-group-walked-in", "vtest", 0, 20, 26),
    Still("still-group-from-the-start", "vtest", 20, 20, 26),
    Still("still-seated-from-the-start", "dlib_mot20_08.h264", 0, 0, 2, DINERS),
]


def held_frames(still):
    first = round((still.held_at - still.begin) * RATE)
    return first, first + HELD * RATE


def annotated_boxes(still, truth):
    rows = (line.split(",") for line in truth.read_text().splitlines())
    wanted = round(still.held_at * still.rate) + 1
    return [tuple(map(float, row[2:6])) for row in rows if int(row[0]) == wanted and float(row[6]) == 1]


def make(still, clip, truth, folder):
    """Writes clip and annotation into `folder`; returns both paths and the boxes."""
    first, last = held_frames(still)
    out = Path(folder) / f"{still.name}.mp4"
    # loop counts from the frame that it has just taken: 1 is the first.
    graph = (f"trim=start_frame={still.begin * still.rate}:end_frame={still.end * still.rate},"
             f"framestep={still.rate // RATE},loop={last - first}:1:{first + 1},setpts=N/({RATE}*TB),{NOISE}")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", clip, "-vf", graph, "-r", str(RATE), "-an", "-c:v", "libx264",
                    "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p", out], check=True)
    boxes = still.boxes or annotated_boxes(still, truth)
    annotation = out.with_suffix(".gt.txt")
    annotation.write_text("".join(f"{frame + 1},{person + 1},{x},{y},{w},{h},1,-1,-1,-1\n"
                                  for frame in range(first, last) for person, (x, y, w, h) in enumerate(boxes)))
    return out, annotation, boxes


def masked_share(mask, box):
    """Of the box; the rectangles of a mask do not overlap."""
    if mask["opaque"]:
        return 1
    x, y, w, h = box
    covered = sum(max(0, min(x + w, left + width) - max(x, left)) * max(0, min(y + h, top + height) - max(y, top))
                  for left, top, width, height in mask["rects"])
    return covered / (w * h)


def opens_after(still, boxes, masks):
    """Seconds from when somebody has left until their place is open; None: it never was."""
    person, seconds = still.leaves
    left = held_frames(still)[1] + round(seconds * RATE)
    shown = [masked_share(json.loads(line), boxes[person]) < GONE for line in masks.read_text().splitlines()[left:]]
    return next((n / RATE for n in range(len(shown) - RATE + 1) if all(shown[n:n + RATE])), None)
