#!/usr/bin/env bash
# bench.sh [NAME…]: runs bench/NAME.sh or bench/NAME.py, all of them without a name. Each prints a table and
# leaves flat JSON in build/bench/NAME.json.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bench

status=0
run() { # FILE
    echo "== $(basename "${1%.*}")"
    case $1 in
        *.py) /usr/bin/python3 "$1" || status=1 ;;
        *.sh) "$1" || status=1 ;;
    esac
}

if [[ $# -gt 0 ]]; then
    for name in "$@"; do
        file=$(compgen -G "bench/$name.sh" || compgen -G "bench/$name.py") ||
            { echo "there is no bench/$name" >&2; exit 2; }
        run "$file"
    done
else
    for name in recorder live latency veil vault index desk wall; do
        file=$(compgen -G "bench/$name.sh" || compgen -G "bench/$name.py") && run "$file"
    done
fi
exit $status
