#!/usr/bin/env bash
# Passes every check and test. Installs what it needs, pinned, from public registries into .cache/ (which git ignores).
# ./test.sh        everything
# The AWS host with its emulators has commands of its own: tests/aws/functions.sh and infra/lint.sh.
# ./test.sh quick  format, lints and tests, without the supply-chain check and the fuzzers
set -euo pipefail
cd "$(dirname "$0")"
cache="$PWD/.cache"
mkdir -p "$cache"

step() { printf '\n== %s\n' "$*"; }

step "format"
cargo fmt --all -- --check

step "lints"
cargo clippy --release --workspace --all-targets --locked -- -D warnings

if [ "${1:-}" != quick ]; then
  step "supply chain"
  deny="$cache/cargo/bin/cargo-deny"
  [ -x "$deny" ] || cargo install --quiet --locked cargo-deny@0.20.2 --root "$cache/cargo"
  "$deny" check bans licenses sources
fi

step "tests"
cargo test --release --workspace --locked

if [ "${1:-}" != quick ]; then
  step "fuzzing, a short run of each target"
  ./fuzz/run.sh "${FUZZ_SECONDS:-20}"
fi

step "all passed"
