#!/usr/bin/env bash
# Runs a command with LocalStack: tests/aws/with-localstack.sh COMMAND...
# As with.sh, for Step Functions and SQS only: its state machines are stricter than MiniStack's, and it ends the other
# branches of a Parallel state. LocalStack runs without Docker here, and so without Lambda and DynamoDB.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/aws"
venv="$cache/localstack"

fail() { printf 'tests/aws/with-localstack.sh: %s\n' "$*" >&2; exit 1; }

install() {
  mkdir -p "$cache"
  exec 9>"$cache/localstack.lock"
  flock 9
  local wanted log="$cache/localstack.log"
  wanted="$(cat "$here"/{with-localstack.sh,localstack.txt} | sha256sum)"
  if [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  { python3 -m venv --clear "$venv" && "$venv/bin/pip" install --no-deps --require-hashes -r "$here/localstack.txt"; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "the installation failed; the whole log is $log"; }
  # It uses a name before its definition where the optional packages are missing.
  local api
  api="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/localstack/packages/api.py"
  sed -i '1i from __future__ import annotations' "$api"
  printf '%s\n' "$wanted" >"$venv/installed"
}

[ $# -gt 0 ] || fail "name a command"
. "$here/apart.sh"
[ "${STEPWELL_AWS_INSIDE:-}" = 1 ] || (install)
apart "$0" "$@"

folder="$(mktemp -d "$cache/run-XXXXXX")"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
code=1
end() {
  kill -TERM -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  if [ "$code" = 0 ]; then rm -rf "$folder"; else printf 'tests/aws/with-localstack.sh: logs are in %s\n' "$folder" >&2; fi
}
set -m
env GATEWAY_SERVER=hypercorn GATEWAY_LISTEN="127.0.0.1:$port" DNS_ADDRESS=0 SKIP_SSL_CERT_DOWNLOAD=1 DISABLE_EVENTS=1 \
  FILESYSTEM_ROOT="$folder" LOCALSTACK_VOLUME_DIR="$folder" TMPDIR="$folder" \
  "$venv/bin/python" -m localstack.runtime.main >"$folder/localstack.log" 2>&1 </dev/null &
pid=$!
set +m
trap end EXIT

export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 \
  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true STEPWELL_AWS_LOGS="$folder"
for _ in $(seq 600); do
  kill -0 "$pid" 2>/dev/null || { tail -n 20 "$folder/localstack.log" >&2; fail "LocalStack did not start"; }
  if python3 -c 'import sys, urllib.request as u
u.build_opener(u.ProxyHandler({})).open(sys.argv[1], timeout=5)' "$AWS_ENDPOINT_URL/_localstack/health" 2>/dev/null; then
    ready=1
    break
  fi
  sleep 0.1
done
[ "${ready:-}" = 1 ] || fail "LocalStack was not ready within a minute"
code=0
"$@" || code=$?
exit "$code"
