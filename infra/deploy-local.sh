#!/usr/bin/env bash
# Builds the functions for this machine, deploys the stack to LocalStack on 127.0.0.1:4566, and prints the functions'
# addresses. AWS_ENDPOINT_URL names another emulator; further arguments go to `sam deploy`.
#
# LocalStack is started before: docker compose -f infra/compose.yaml up -d --wait
set -euo pipefail
cd "$(dirname "$0")/.."
export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}" AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
case "$AWS_ENDPOINT_URL" in
  http://127.0.0.1:* | http://localhost:*) ;;
  *) printf 'infra/deploy-local.sh: %s is not on this machine\n' "$AWS_ENDPOINT_URL" >&2; exit 2 ;;
esac
architecture="$(uname -m)"
if [ "$architecture" = aarch64 ]; then architecture=arm64; fi
sam="$(infra/tool.sh sam)/sam"
infra/build.sh "$architecture"
"$sam" build
"$sam" deploy --no-confirm-changeset --parameter-overrides \
  "Architecture=$architecture" Emulator=true StepConcurrency=0 "$@"
