"""What the benches share."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def save(name, result, title):
    """Leaves the result as build/bench/NAME.json and prints it as a table."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(title)
    width = max(map(len, result))
    for key, value in result.items():
        print(f"  {key:{width}}  {value}")


def update(name, part):
    """Puts what one bench found into the result of another, which may not have run yet."""
    path = OUT / f"{name}.json"
    result = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**result, **part}, indent=1) + "\n")
