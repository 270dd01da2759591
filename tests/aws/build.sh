#!/usr/bin/env bash
# Builds the binaries of the six functions, as the tests of the crate stepwell-tests with the feature `aws` start them.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
exec cargo build --release --locked --workspace --features "$FEATURES" "${BINARIES[@]}"
