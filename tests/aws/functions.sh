#!/usr/bin/env bash
# Hands every event of events/ to the binary of its function, with AWS's emulators behind it.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/aws/build.sh
cargo test --release --locked -p stepwell-tests --features aws --no-run
# The emulators' addresses are known inside only.
exec tests/aws/with.sh bash -c '
  export STEPWELL_TABLE=stepwell-events STEPWELL_BUCKET=stepwell-events STEPWELL_OWNER=acme
  export STEPWELL_QUEUE_URL="$AWS_ENDPOINT_URL/000000000000/stepwell-events" STEPWELL_SECRETS_PREFIX=stepwell/events/
  export STEPWELL_WAIT_MACHINE_ARN=arn:aws:states:us-east-1:000000000000:stateMachine:stepwell-wait
  exec cargo test --release --locked --offline -p stepwell-tests --features aws -- functions::'
