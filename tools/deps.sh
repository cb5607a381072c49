#!/usr/bin/env bash
# deps.sh [build] [demo] [check]: installs what building, the demo or the tests need, and only what is
# missing. Debian packages through apt-get (with sudo when not root), npm packages by their lock files.
# Where nothing is missing it touches neither the network nor sudo. Without an argument: all three.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
    build-essential meson ninja-build pkg-config python3 python3-numpy ca-certificates
    libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libx264-dev libsodium-dev libssl-dev libsqlite3-dev
    libxnnpack-dev libpthreadpool-dev libdnnl-dev libuv1-dev libwebsockets-dev libwebsockets-evlib-uv
    libcyaml-dev libyaml-dev libjansson-dev libseccomp-dev libtss2-dev libfido2-dev libcurl4-openssl-dev libqrencode-dev
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
)
demo_packages=(
    ffmpeg gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
)
check_packages=(
    clang clang-format clang-tidy llvm libclang-rt-14-dev age chromium fonts-dejavu-core git
    shellcheck openssl curl swtpm libtss2-tcti-swtpm0 libfuse3-dev fuse3 xfsprogs e2fsprogs strace
    iproute2 nftables python3-jsonschema python3-cryptography zbar-tools librsvg2-bin
)

missing() { # PACKAGE…: prints those that are not installed
    local package status
    declare -A installed=()
    while read -r package status; do
        [[ $status == installed ]] && installed[$package]=1
    done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for package in "$@"; do
        [[ -n ${installed[$package]:-} ]] || echo "$package"
    done
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"
}

# Output stays out of the way unless it went wrong.
quietly() { # LOG COMMAND…
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        echo "failed: $*" >&2
        return 1
    fi
}

install_packages() {
    local wanted
    mapfile -t wanted < <(missing "$@")
    # Node.js and npm count however they came; Debian's packages only where there is none.
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
    [[ ${#wanted[@]} -gt 0 ]] || return 0
    echo "deps: installing ${wanted[*]}"
    quietly build/deps/apt-update.log apt update
    quietly build/deps/apt-install.log apt install --no-install-recommends "${wanted[@]}"
}

# vtest.avi belongs to a package of documentation. Systems that install none (container images) get
# the one file from it.
fetch_footage() {
    . tools/vtest.sh
    vtest_path >/dev/null 2>&1 && return
    echo "deps: fetching vtest.avi from Debian's opencv-doc"
    local work
    work=$(mktemp -d build/deps/opencv-doc.XXXXXX)
    (cd "$work" && quietly ../apt-download.log apt-get -q download opencv-doc) || {
        quietly build/deps/apt-update.log apt update
        (cd "$work" && quietly ../apt-download.log apt-get -q download opencv-doc)
    }
    dpkg-deb --fsys-tarfile "$work"/opencv-doc_*.deb |
        tar -xO ./usr/share/doc/opencv-doc/examples/data/vtest.avi >"$work/vtest.avi"
    mv "$work/vtest.avi" build/deps/vtest.avi
    rm -r "$work"
}

# npm ci where the lock file, or Node.js, is another than last time.
install_node_modules() { # DIRECTORY
    local directory=$1 stamp
    stamp=$(node --version; sha256sum "$directory/package-lock.json")
    [[ $(cat "$directory/node_modules/.scrim-stamp" 2>/dev/null) == "$stamp" ]] && return
    echo "deps: npm packages of $directory"
    quietly build/deps/npm.log npm ci --prefix "$directory" --prefer-offline --no-audit --no-fund
    echo "$stamp" >"$directory/node_modules/.scrim-stamp"
}

groups=("$@")
[[ ${#groups[@]} -gt 0 ]] || groups=(build demo check)
mkdir -p build/deps

packages=()
for group in "${groups[@]}"; do
    case $group in
        build) packages+=("${build_packages[@]}") ;;
        demo) packages+=("${demo_packages[@]}") ;;
        check) packages+=("${check_packages[@]}") ;;
        *) echo "usage: deps.sh [build] [demo] [check]" >&2; exit 2 ;;
    esac
done
install_packages "${packages[@]}"
for group in "${groups[@]}"; do
    case $group in
        build)
            install_node_modules web
            tools/models.sh build/models
            ;;
        demo) fetch_footage ;;
        check)
            install_node_modules tests/browser
            install_node_modules tests/oidc
            ;;
    esac
done
