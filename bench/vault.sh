#!/usr/bin/env bash
# What sealing and opening the key of one segment costs; figures in build/bench/vault.json.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bench
exec build/bin/scrim bench vault --out build/bench/vault.json
