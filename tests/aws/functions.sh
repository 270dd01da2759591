#!/usr/bin/env bash
# Runs the AWS host and its functions for real: tests of tests/tests/all/{aws,functions}, with emulators behind them.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/aws/build.sh
# The network inside has no registry.
cargo test --release --locked -p stepwell-tests --features aws --no-run
exec tests/aws/with.sh cargo test --release --locked --offline -p stepwell-tests --features aws -- aws:: functions::
