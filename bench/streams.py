"""The sub streams of the cameras of bench/live.py: byte streams for scrim-camload, 640×480, ten pictures a second.

Both kinds come from Debian's vtest.avi, 79.5 s of a road with people walking (PETS09-S2L1), and each camera begins at
a moment of its own:

- busy: as it was filmed;
- quiet: the same road with nobody on it. Wherever somebody walks, the picture shows what that place looked like
  shortly before or after. So the noise, the light that changes, the tape in the wind and the traces of the first
  coding are those of the real camera, and the two parked cars stay.

Then both get the grain of a sensor, for vtest.avi lost most of its own when it was coded, and are coded as a camera
codes a sub stream: H.264 main with CABAC and loop filter, a key frame every two seconds, 512 kbit/s.
"""

import subprocess

import numpy

from benchkit import OUT, ROOT

WIDTH, HEIGHT, FPS = 640, 480, 10
BUSY, QUIET = 11, 4  # different clips of each kind
GRAIN = 4  # of ffmpeg's noise filter
BLOCK = 16  # places are as large as this
PIXELS = WIDTH * HEIGHT
BITRATE = "512k"


def vtest():
    shown = subprocess.run(
        ["bash", "-c", ". tools/vtest.sh && vtest_path"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return ROOT / shown.stdout.strip()


def read():
    """All pictures: frames × bytes, planes of 4:2:0 one after the other."""
    shown = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", vtest(), "-vf", f"scale={WIDTH}:{HEIGHT},format=yuv420p", "-f",
         "rawvideo", "-"], check=True, capture_output=True,
    ).stdout
    return numpy.frombuffer(shown, numpy.uint8).reshape(-1, PIXELS * 3 // 2)


def planes(film):
    """Views of the planes and the size of a place in each."""
    half = PIXELS // 4
    yield film[:, :PIXELS].reshape(-1, HEIGHT, WIDTH), BLOCK
    for at in (PIXELS, PIXELS + half):
        yield film[:, at : at + half].reshape(-1, HEIGHT // 2, WIDTH // 2), BLOCK // 2


def somebody(film):
    """frames × rows × columns: is there more in this place, or in one beside it, than is usual there? In every place
    nobody is there for a quarter of the time at least: that is so on this road."""
    luma, _ = next(planes(film))
    usual = numpy.median(luma[::8], axis=0).astype(numpy.int16)
    strange = numpy.zeros((len(film), HEIGHT // BLOCK, WIDTH // BLOCK), numpy.int16)
    for at, picture in enumerate(luma):
        pixels = numpy.abs(picture - usual) > 24
        strange[at] = pixels.reshape(HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).sum((1, 3))
    for axis in (0, 1, 2):
        strange = numpy.maximum(strange, numpy.maximum(numpy.roll(strange, 1, axis), numpy.roll(strange, -1, axis)))
    return strange > numpy.maximum(3, numpy.quantile(strange, 0.25, axis=0))


def substitutes(busy):
    """For one place: which frame to show in each frame. While somebody is there, time runs backwards through the
    frames in which nobody was, so that even then no two pictures are the same."""
    clear = numpy.flatnonzero(~busy)
    source = numpy.arange(len(busy))
    since = 0
    for frame in numpy.flatnonzero(busy):
        since = since + 1 if frame and busy[frame - 1] else 1
        source[frame] = clear[(numpy.searchsorted(clear, frame) - since) % len(clear)]
    return source


def without_people(film):
    there, empty = somebody(film), film.copy()
    for row, column in numpy.ndindex(there.shape[1:]):
        source = substitutes(there[:, row, column])
        for (old, size), (new, _) in zip(planes(film), planes(empty)):
            place = (slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size))
            new[(slice(None), *place)] = old[(source, *place)]
    return empty


def encode(film, start, path):
    coder = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}",
         "-r", str(FPS), "-i", "pipe:0", "-vf", f"noise=alls={GRAIN}:allf=t,format=yuv420p", "-c:v", "libx264", "-preset",
         "veryfast", "-profile:v", "main", "-bf", "0", "-g", str(2 * FPS), "-b:v", BITRATE, "-maxrate", BITRATE,
         "-bufsize", BITRATE, "-x264-params", "aud=1", "-f", "h264", str(path) + ".partial"],
        stdin=subprocess.PIPE,
    )
    coder.stdin.write(film[start:].tobytes() + film[:start].tobytes())
    coder.stdin.close()
    if coder.wait() != 0:
        raise SystemExit(f"ffmpeg could not make {path}")
    path.with_name(path.name + ".partial").rename(path)


def clips():
    """(busy, quiet): lists of files, made once."""
    folder = OUT / "footage"
    folder.mkdir(parents=True, exist_ok=True)
    lists = [[folder / f"live-{kind}-{i}.h264" for i in range(count)] for kind, count in (("busy", BUSY), ("quiet", QUIET))]
    missing = {path for paths in lists for path in paths if not path.exists()}
    if missing:
        film = read()
        for paths, pictures in zip(lists, (film, without_people(film) if missing & set(lists[1]) else film)):
            for i, path in enumerate(paths):
                if path in missing:
                    encode(pictures, i * len(film) // len(paths), path)
    return lists


def is_busy(camera):
    """A quarter of the cameras, spread among the others: eleven of 42."""
    return (camera + 1) * BUSY // 42 > camera * BUSY // 42


if __name__ == "__main__":
    clips()
