#!/usr/bin/env bash
# Hands every event of events/ to the binary of its function, with AWS's emulators behind it.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/aws/build.sh
# The network inside has no registry.
cargo test --release --locked -p stepwell-tests --features aws --no-run
exec tests/aws/with.sh cargo test --release --locked --offline -p stepwell-tests --features aws -- functions::
