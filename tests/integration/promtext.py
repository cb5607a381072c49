"""A strict parser of the Prometheus text format 0.0.4, for what /metrics says."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
TYPES = ("counter", "gauge", "histogram", "summary")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class Metrics:
    def __init__(self):
        self.types = {}
        self.values = {}  # {(name, frozenset of labels): value}

    def get(self, name, labels):
        return self.values.get((name, frozenset(labels.items())))

    def samples(self, name, **labels):
        wanted = set(labels.items())
        return [(dict(l), v) for (n, l), v in self.values.items() if n == name and wanted <= l]

    def sum(self, name, **labels):
        return sum(v for _, v in self.samples(name, **labels))


def labels_of(text, line):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {line!r}"
        assert match[1] not in found, f"a label twice: {line!r}"
        found[match[1]] = match[2]
        at = match.end()
    return found


def parse(text):
    """AssertionError for anything that Prometheus might take otherwise, or OpenMetrics would call differently."""
    metrics, family, done, helped = Metrics(), None, set(), set()
    assert text.endswith("\n"), "the last line has no end"
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helped, f"{name} is described twice"
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind in TYPES and family in helped and family not in done, line
            assert (kind == "counter") == family.endswith("_total"), f"a {kind} is called {family}"
            done.add(family)
            metrics.types[family] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, f"no sample: {line!r}"
            belongs = [family + s for s in SUFFIXES.get(metrics.types[family], ("",))]
            assert match[1] in belongs, f"{match[1]} stands among {family}"
            key = match[1], frozenset(labels_of(match[2] or "", line).items())
            assert key not in metrics.values, f"twice: {line!r}"
            metrics.values[key] = float(match[3])
            assert not math.isnan(metrics.values[key]), line
    for name, kind in metrics.types.items():
        if kind == "histogram":
            check_histogram(metrics, name)
    return metrics


def check_histogram(metrics, name):
    for labels, count in metrics.samples(name + "_count"):
        buckets = sorted((float(l["le"]), v) for l, v in metrics.samples(name + "_bucket", **labels))
        counts = [v for _, v in buckets]
        assert counts == sorted(counts), f"{name}{labels}: buckets do not add up: {buckets}"
        assert buckets[-1] == (math.inf, count), f"{name}{labels}: {buckets[-1]}, {count} in all"
        assert metrics.get(name + "_sum", labels) is not None, f"{name}{labels}: no sum"
