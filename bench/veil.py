#!/usr/bin/python3
"""What the veil leaks, hides for nothing and costs, on every annotated clip of $SCRIM_FOOTAGE, and on variants of them.

    bench/veil.py [PATTERN…]    only clips whose names match, as the shell matches: 'vtest*' '*rain*' 'still-*'

A clip is NAME.mp4 or NAME.avi beside NAME.gt.txt; Debian's vtest.avi goes with pets09-s2l1.gt.txt. The annotations are
not ours to distribute, so without that directory there is nothing to measure. filtered.py makes bad light, weather and
sensors of them, still.py people who stay for ten minutes; those are made for the run and thrown away after it.

Writes build/bench/veil.json: the worst figure of the clips of fixed cameras, the worst of what was made of them with
the prefix filtered_worst_, and all figures in `clips`. Contact sheets go beside it.
"""

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import filtered
import still
from benchkit import OUT, ROOT, update

PROGRAMS = Path(os.environ.get("SCRIM_PROGRAMS", ROOT / "build/bin"))
VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
PETS = "pets09-s2l1.gt.txt"
# The camera moves in these: everything changes all the time, and that is not what a fixed camera is
# judged by.
MOVING = {"mot16-11.mp4"}
WORST = {"leaked_pct": "leaked_pct", "tracks_exposed": "tracks_exposed", "false_mask_pct": "false_mask_pct",
         "opaque_pct": "opaque_warm_pct"}


def annotated(footage):
    """{name: (clip, annotation)}"""
    found = {}
    for truth in sorted(footage.glob("*.gt.txt")):
        name = truth.name.removesuffix(".gt.txt")
        candidates = [footage / f"{name}.mp4", footage / f"{name}.avi"]
        if truth.name == PETS:
            candidates.append(VTEST)
        clip = next((path for path in candidates if path.exists()), None)
        if clip:
            found[clip.stem] = clip, truth
    return found


def score(clip, truth, *options):
    report = OUT / f"veil-{clip.stem}.json"
    subprocess.run([PROGRAMS / "scrim", "bench", "veil", clip, "--truth", truth, "--json", report,
                    "--sheet", OUT / f"veil-{clip.stem}.png", *options], check=True)
    return json.loads(report.read_text())


def score_filtered(variant, clip, truth):
    with tempfile.TemporaryDirectory(prefix="scrim-bench-") as folder:
        return {**score(*filtered.make(variant, clip, truth, folder)), "filtered": True}


def score_still(still_clip, clip, truth):
    with tempfile.TemporaryDirectory(prefix="scrim-bench-") as folder:
        made, annotation, boxes = still.make(still_clip, clip, truth, folder)
        if not still_clip.leaves:
            return {**score(made, annotation), "filtered": True}
        masks = Path(folder) / "masks"
        subprocess.run([PROGRAMS / "scrim", "redact", made, Path(folder) / "redacted.mp4", "--masks", masks],
                       check=True, stderr=subprocess.DEVNULL)
        opens_s = still.opens_after(still_clip, boxes, masks)
        print(f"{still_clip.name}: the place is open {opens_s} s after somebody has left it")
        return {**score(made, annotation, "--masks", masks), "opens_after_s": opens_s, "filtered": True}


def jobs(footage):
    """(name, function that measures it)"""
    clips = annotated(footage)
    for name, (clip, truth) in clips.items():
        yield name, lambda clip=clip, truth=truth: score(clip, truth)
    for variant in filtered.VARIANTS:
        if variant.clip in clips:
            yield variant.file_name, lambda variant=variant: score_filtered(variant, *clips[variant.clip])
    for held in still.STILLS:
        clip, truth = clips.get(held.footage, (footage / held.footage, None))
        if clip.exists():
            yield held.name, lambda held=held, clip=clip, truth=truth: score_still(held, clip, truth)


def worst(reports, prefix=""):
    """Masks that were scored from a file have no CPU time."""
    return {prefix + name: max(report[key] for report in reports if key in report)
            for name, key in WORST.items() if any(key in report for report in reports)}


def earlier():
    """What an earlier run found, by clip: a run of some clips leaves the others as they are."""
    path = OUT / "veil.json"
    reports = json.loads(path.read_text()).get("clips", []) if path.exists() else []
    return {report["clip"]: report for report in reports}


def main(patterns):
    footage = os.environ.get("SCRIM_FOOTAGE")
    if not footage:
        print("veil: skipped: set SCRIM_FOOTAGE to a directory of annotated clips (docs/ref/bench.md)")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = [(name, measure) for name, measure in jobs(Path(footage))
              if not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    if not wanted:
        print(f"veil: no annotated clip in {footage} is named {' or '.join(patterns) or 'at all'}", file=sys.stderr)
        return 1
    reports = earlier() if patterns else {}
    for name, measure in wanted:
        report = measure()
        reports[report["clip"]] = report
    fixed = [report for name, report in reports.items() if name not in MOVING and "filtered" not in report]
    made = [report for report in reports.values() if "filtered" in report]
    summaries = {"the fixed cameras": worst(fixed), "what was made of them": worst(made, "filtered_worst_")}
    update("veil", {key: value for summary in summaries.values() for key, value in summary.items()}
           | {"clips": list(reports.values())})
    for title, summary in summaries.items():
        print(f"worst of {title}:", ", ".join(f"{name} {value}" for name, value in summary.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
