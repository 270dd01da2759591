#!/usr/bin/env bash
# Runs the tests of the AWS host and its functions, tests/tests/all/{aws,functions}, with emulators of AWS.
#
# tests/aws/functions.sh FILTER... runs only tests whose names contain one of the filters
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/features.sh
tests/aws/build.sh
# The tests run without a network, so the SAM CLI and the dependencies are fetched before.
infra/tool.sh sam >/dev/null
[ $# -gt 0 ] || set -- aws:: functions::
exec tests/aws/with.sh cargo test --locked --offline --workspace --features "$FEATURES" --test all -- "$@" --skip aws::localstack::
