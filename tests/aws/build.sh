#!/usr/bin/env bash
# Builds the tests, and the binaries of the embedded host and the six functions, which the tests of the crate
# stepwell-tests with the feature `aws` start. One command builds both: what crates need for their tests adds features to
# what they depend on, so that a command for the binaries alone would compile half of the workspace once more.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
exec cargo build --profile test --locked --workspace --features "$FEATURES" --tests "${BINARIES[@]}"
