#!/usr/bin/python3
"""What the veil leaks, hides for nothing and costs, on every annotated clip of $SCRIM_FOOTAGE.

A clip is NAME.mp4 or NAME.avi beside NAME.gt.txt; Debian's vtest.avi goes with pets09-s2l1.gt.txt. The
annotations are not ours to distribute, so without that directory there is nothing to measure. Writes
build/bench/veil.json: the worst figure of the clips, and all figures in `clips`. Contact sheets go beside it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build/bench"
VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
PETS = "pets09-s2l1.gt.txt"
# The camera moves in these: everything changes all the time, and that is not what a fixed camera is
# judged by.
MOVING = {"mot16-11.mp4"}
WORST = {"leaked_pct": "leaked_pct", "tracks_exposed": "tracks_exposed", "false_mask_pct": "false_mask_pct",
         "opaque_pct": "opaque_warm_pct", "cpu_ms_per_frame": "cpu_ms_per_frame"}


def clips(footage):
    for truth in sorted(footage.glob("*.gt.txt")):
        name = truth.name.removesuffix(".gt.txt")
        candidates = [footage / f"{name}.mp4", footage / f"{name}.avi"]
        if truth.name == PETS:
            candidates.append(VTEST)
        clip = next((path for path in candidates if path.exists()), None)
        if clip:
            yield clip, truth


def measure(clip, truth):
    report = OUT / f"veil-{clip.stem}.json"
    subprocess.run([ROOT / "build/bin/scrim", "bench", "veil", clip, "--truth", truth, "--json", report,
                    "--sheet", OUT / f"veil-{clip.stem}.png"], check=True)
    return json.loads(report.read_text())


def main():
    footage = os.environ.get("SCRIM_FOOTAGE")
    if not footage:
        print("veil: skipped: set SCRIM_FOOTAGE to a directory of annotated clips (docs/ref/bench.md)")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    reports = [measure(clip, truth) for clip, truth in clips(Path(footage))]
    fixed = [report for report in reports if report["clip"] not in MOVING]
    if not fixed:
        print(f"veil: no annotated clip of a fixed camera in {footage}", file=sys.stderr)
        return 1
    summary = {name: max(report[key] for report in fixed) for name, key in WORST.items()}
    (OUT / "veil.json").write_text(json.dumps({**summary, "clips": reports}, indent=2) + "\n")
    print("worst of the fixed cameras:", ", ".join(f"{name} {value}" for name, value in summary.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
