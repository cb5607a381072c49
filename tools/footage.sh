#!/usr/bin/env bash
# footage.sh DIR: the demo's four cameras, cut from vtest.avi (Debian's opencv-doc: a campus road with
# real people, 768×576, 10 fps). Each gets a main stream (16:9) and a 640×480 sub stream of the same
# place and moment. What is there already is kept.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: footage.sh DIR}
mkdir -p "$out"

. tools/vtest.sh
source=$(vtest_path)

# NAME START MAIN_CROP SUB_CROP EXTRA_FILTER MAIN_SIZE MAIN_CODEC; crops are width:height:x:y
views=(
    "road    0  768:432:0:72    768:576:0:0     null  1280:720  h264"
    "corner  12 512:288:0:170   512:384:0:122   null  1920:1080 h264"
    "crossing 27 512:288:256:180 512:384:256:132 hflip 1280:720  h264"
    "lawn    46 640:360:64:96   640:480:64:36   null  1280:720  h265"
)

# No B-frames and a key frame every two seconds, as cameras send them.
encode() { # FILE CODEC CRF START FILTERS
    local file=$1 codec=$2 crf=$3 start=$4 filters=$5 coder
    [[ -s $out/$file ]] && return
    case $codec in
        h264) coder=(-c:v libx264 -profile:v main -preset veryfast -bf 0 -g 20 -sc_threshold 0) ;;
        h265) coder=(-c:v libx265 -preset ultrafast -tag:v hvc1
                     -x265-params bframes=0:keyint=20:min-keyint=20:scenecut=0:log-level=error) ;;
    esac
    echo "footage: $file"
    # Starts at START and runs once around the 79.5 s of the clip, so that each loop is seamless.
    ffmpeg -nostdin -v error -y -stream_loop 1 -ss "$start" -i "$source" -t 79.5 -an \
        -vf "$filters,format=yuv420p" "${coder[@]}" -crf "$crf" -f mp4 "$out/$file.partial"
    mv "$out/$file.partial" "$out/$file"
}

for view in "${views[@]}"; do
    read -r name start main_crop sub_crop extra size codec <<<"$view"
    encode "$name.mp4" "$codec" 23 "$start" "crop=$main_crop,$extra,scale=$size:flags=bicubic"
    encode "$name-sub.mp4" h264 24 "$start" "crop=$sub_crop,$extra,scale=640:480:flags=bicubic"
done
