#!/usr/bin/env bash
# Passes every check and test. Installs what it needs, pinned, from public registries into .cache/ (which git ignores).
# ./test.sh        everything
# ./test.sh quick  format, lints and tests, without the supply-chain check, the AWS host and the fuzzers
set -euo pipefail
cd "$(dirname "$0")"
cache="$PWD/.cache"
mkdir -p "$cache"

step() { printf '\n== %s\n' "$*"; }

step "format"
cargo fmt --all -- --check

step "lints"
lambda=stepwell-trigger/lambda,stepwell-step/lambda,stepwell-callback/lambda
lambda=$lambda,stepwell-status/lambda,stepwell-rollback/lambda,stepwell-supervisor/lambda
cargo clippy --release --workspace --all-targets --locked --features "stepwell-tests/aws,$lambda" -- -D warnings

if [ "${1:-}" != quick ]; then
  step "supply chain"
  deny="$cache/cargo/bin/cargo-deny"
  [ -x "$deny" ] || cargo install --quiet --locked cargo-deny@0.20.2 --root "$cache/cargo"
  "$deny" check bans licenses sources
fi

step "tests"
cargo test --release --workspace --locked

if [ "${1:-}" != quick ]; then
  step "the template"
  infra/lint.sh

  step "AWS: the real functions, with emulators"
  tests/aws/functions.sh

  step "fuzzing, a short run of each target"
  ./fuzz/run.sh "${FUZZ_SECONDS:-20}"
fi

step "all passed"
