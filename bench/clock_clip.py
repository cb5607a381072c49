#!/usr/bin/python3
"""clock_clip.py OUT: a film with a clock that redaction leaves alone, for the measurement of latency.

The clock is the brightness of the whole picture: it goes up and down a staircase, one step every half second,
as a camera's exposure would. The veil corrects for exposure, so the steps are neither motion nor a reason to
blank the picture, while every one of them can be seen, and dated, in what comes out. Underneath runs
vtest.avi with its people, so that the veil works as it always does.
"""

import subprocess
import sys

import numpy

WIDTH, HEIGHT, FPS = 640, 480, 10
FRAMES = 240
STEP_FRAMES = 5
LEVELS = (0.76, 0.82, 0.88, 0.94, 1.0)  # 6 to 8 % apart; one cycle up and down is unique in itself
STAIRS = LEVELS + LEVELS[-2:0:-1]


def gain(frame):
    return STAIRS[frame // STEP_FRAMES % len(STAIRS)]


def main():
    source, out = sys.argv[1:]
    read = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-frames:v", str(FRAMES), "-vf",
         f"scale={WIDTH}:{HEIGHT},format=yuv420p", "-f", "rawvideo", "-"],
        stdout=subprocess.PIPE,
    )
    write = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s",
         f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-profile:v",
         "main", "-bf", "0", "-g", "10", "-crf", "20", out],
        stdin=subprocess.PIPE,
    )
    luma = WIDTH * HEIGHT
    for frame in range(FRAMES):
        picture = numpy.frombuffer(read.stdout.read(luma * 3 // 2), numpy.uint8).copy()
        # Black is 16 in video range; colour differences scale with the light too.
        picture[:luma] = (picture[:luma].astype(numpy.float32) - 16) * gain(frame) + 16.5
        picture[luma:] = (picture[luma:].astype(numpy.float32) - 128) * gain(frame) + 128.5
        write.stdin.write(picture.tobytes())
    write.stdin.close()
    return read.wait() or write.wait()


if __name__ == "__main__":
    sys.exit(main())
