# shellcheck shell=bash
# Sourced from the top of the tree. vtest_path prints where vtest.avi is: where opencv-doc installed it,
# or where deps.sh unpacked it on systems that install no documentation (container images).
vtest_path() {
    local path
    for path in /usr/share/doc/opencv-doc/examples/data/vtest.avi build/deps/vtest.avi; do
        if [[ -s $path ]]; then
            echo "$path"
            return
        fi
    done
    echo "vtest.avi is missing: run make deps" >&2
    return 1
}
