#!/usr/bin/python3
"""palette.py: how well the colours of src/veil/render.c are told apart, by whom.

Reads the table out of the source. For each pair of fills: the difference (CIEDE2000; 2 is just noticeable, 10 plain at
a glance) as most people see it, with protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009,
severity 1), and on a grey screen. For each fill: the contrast (WCAG 2.1) of the fill and of its outline with white and
with black, the better of which makes the region stand out from any surroundings. Needs numpy.
"""

import itertools
import re
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).resolve().parents[1] / "src" / "veil" / "render.c"
SEEN_BY = {
    "most": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def read_table():
    """name: (y, u, v) of all fills, and name: luma of the outline."""
    fills, lines = {}, {}
    entry = r"(?:\[SCRIM_COVER_(\w+)\]|struct palette (lying)) = \{\{(\d+), (\d+), (\d+)\}, \{(\d+), (\d+), (\d+)\}, (\d+),"
    for found in re.finditer(entry, SOURCE.read_text()):
        name = (found[1] or found[2]).lower()
        numbers = [int(n) for n in found.groups()[2:]]
        fills[name], lines[name] = tuple(numbers[:3]), numbers[6]
        if name != "static":
            fills[f"{name} figure"] = tuple(numbers[3:6])
    assert len(lines) == 5, f"{SOURCE}: the table reads otherwise now"
    return fills, lines


def linear(yuv):
    """Linear sRGB of BT.601 in limited range."""
    y, u, v = yuv
    luma = 1.164 * (y - 16)
    rgb = np.array([luma + 1.596 * (v - 128), luma - 0.392 * (u - 128) - 0.813 * (v - 128), luma + 2.017 * (u - 128)])
    rgb = np.clip(rgb / 255, 0, 1)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def difference(one, other):
    """CIEDE2000 (Sharma, Wu and Dalal 2005) of two colours in Lab."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    l, c, h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
         + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.2 * np.cos(np.radians(4 * h - 63)))
    sl = 1 + 0.015 * (l - 50) ** 2 / np.sqrt(20 + (l - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rt = -np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))) * 2 * np.sqrt(c**7 / (c**7 + 25**7))
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)


def contrast(one, other):
    light, dark = sorted((LUMINANCE @ linear(one), LUMINANCE @ linear(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def main():
    fills, lines = read_table()
    white, black = (235, 128, 128), (16, 128, 128)
    print("fill, its outline               on white        on black")
    for name, line in lines.items():
        fill = fills[name]
        edge = (line, fill[1], fill[2])
        shown = [f"{contrast(c, ground):5.1f}" for ground in (white, black) for c in (fill, edge)]
        print(f"{name:22} {fill!s:15} {line:3}  {' '.join(shown)}")
    print("\ndifference of" + " " * 25 + " ".join(f"{who:>6}" for who in SEEN_BY))
    for one, other in itertools.combinations(fills, 2):
        seen = [difference(lab(m @ linear(fills[one])), lab(m @ linear(fills[other]))) for m in SEEN_BY.values()]
        print(f"{one:18} {other:18} " + " ".join(f"{d:6.1f}" for d in seen))


if __name__ == "__main__":
    main()
