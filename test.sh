#!/usr/bin/env bash
# Passes every check and test. Installs what it needs, pinned, from public registries into .cache/ (which git ignores).
# ./test.sh        everything
# ./test.sh quick  format, lints and tests, without AWS's emulators, the supply-chain check, the template's and the fuzzers
set -euo pipefail
cd "$(dirname "$0")"
cache="$PWD/.cache"
mkdir -p "$cache"
. tests/aws/features.sh

step() { printf '\n== %s\n' "$*"; }

step "format"
cargo fmt --all -- --check

step "lints"
cargo clippy --release --workspace --all-targets --locked --features "$FEATURES" -- -D warnings

if [ "${1:-}" != quick ]; then
  step "supply chain"
  deny="$cache/cargo/bin/cargo-deny"
  [ -x "$deny" ] || cargo install --quiet --locked cargo-deny@0.20.2 --root "$cache/cargo"
  "$deny" check bans licenses sources
fi

step "tests"
# What needs AWS's emulators comes next.
cargo test --release --workspace --locked --features "$FEATURES" -- --skip aws:: --skip functions::every_event

if [ "${1:-}" != quick ]; then
  step "tests on AWS's emulators"
  tests/aws/functions.sh

  step "the template for AWS"
  infra/lint.sh

  step "fuzzing, a short run of each target"
  ./fuzz/run.sh "${FUZZ_SECONDS:-20}"
fi

step "all passed"
