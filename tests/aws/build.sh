#!/usr/bin/env bash
# Builds the binaries of the six functions, as the tests of the crate stepwell-tests with the feature `aws` start them.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=()
for name in trigger step callback status rollback supervisor; do packages+=(-p "stepwell-$name"); done
# One feature per package: `--features` names it for all of them.
exec cargo build --release --locked --bins --features lambda "${packages[@]}"
