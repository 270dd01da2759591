#!/usr/bin/env bash
# Builds the binaries of the embedded host and the six functions, which the tests of the crate stepwell-tests with the
# feature `aws` start.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
exec cargo build --release --locked --workspace --features "$FEATURES" "${BINARIES[@]}"
