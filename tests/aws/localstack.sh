#!/usr/bin/env bash
# Runs the tests of the wait machine, queues, delays and task tokens on LocalStack, which is stricter than MiniStack. It
# is a command apart from the other tests, because it installs LocalStack (some 600 MB) into .cache/aws/.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
cargo test --locked --workspace --features "$FEATURES" --test all --no-run
exec tests/aws/with-localstack.sh cargo test --locked --offline --workspace --features "$FEATURES" --test all -- \
  aws::localstack:: aws::services::messages aws::services::a_clock aws::services::a_token
