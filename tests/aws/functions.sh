#!/usr/bin/env bash
# Runs the AWS host and its functions for real: tests/tests/all/{aws,functions}, with emulators behind them.
# tests/aws/functions.sh FILTER...    only tests whose names contain one of these
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
tests/aws/build.sh
# The network inside has no registry.
infra/tool.sh sam >/dev/null
cargo test --release --locked --workspace --features "$FEATURES" --test all --no-run
[ $# -gt 0 ] || set -- aws:: functions::
exec tests/aws/with.sh cargo test --release --locked --offline --workspace --features "$FEATURES" --test all -- "$@" --skip aws::localstack::
