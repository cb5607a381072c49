#!/usr/bin/env bash
# build.sh: builds everything and lays it out as it will be installed: programs in build/bin/, the page
# in build/web/, the detector's models in build/models/. What is up to date is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in meson ninja npm; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: run make deps" >&2; exit 1; }
done
[[ -d web/node_modules ]] || { echo "the page's npm packages are missing: run make deps" >&2; exit 1; }

[[ -f build/meson/build.ninja ]] || meson setup build/meson
ninja -C build/meson
mkdir -p build/bin
for program in src/cli/scrim src/keeper/scrim-keeper src/recorder/scrim-recorder \
    src/veil/scrim-veil src/desk/scrimd src/oidc/scrim-oidc src/opener/scrim-opener \
    sim/scrim-camsim sim/load/scrim-camload; do
    # -C: an unchanged program keeps its time; a running one keeps its old file.
    install -C -m 755 "build/meson/$program" build/bin/
done

tools/models.sh build/models

page_is_current() {
    [[ -f build/web/index.html ]] &&
        [[ -z $(find web -path web/node_modules -prune -o -path web/test -prune -o \
            -type f -newer build/web/index.html -print -quit) ]]
}
if ! page_is_current; then
    echo "building the page"
    (cd web && npm run --silent build -- --outDir ../build/web --emptyOutDir --logLevel warn)
    touch build/web/index.html
fi
