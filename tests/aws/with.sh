#!/usr/bin/env bash
# Runs a command with emulators of AWS: tests/aws/with.sh COMMAND...
#
# It installs what is missing, enters a network namespace that has only loopback, starts DynamoDB Local and MiniStack,
# runs the command with their addresses in its environment, ends them, and returns the command's exit code. Where the
# command failed, the emulators' logs stay in .cache/aws/run-*/.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/aws"

fail() { printf 'tests/aws/with.sh: %s\n' "$*" >&2; exit 1; }

[ $# -gt 0 ] || fail "name a command"

. "$here/apart.sh"
[ "${STEPWELL_AWS_INSIDE:-}" = 1 ] || "$here/install.sh"
apart "$0" "$@"

folder="$(mktemp -d "$cache/run-XXXXXX")"
code=1
end() {
  "$here/stop.sh" "$folder"
  if [ "$code" = 0 ]; then rm -rf "$folder"; else printf 'tests/aws/with.sh: logs are in %s\n' "$folder" >&2; fi
}
trap end EXIT
"$here/start.sh" "$folder" >"$folder/env"
while IFS= read -r line; do export "${line?}"; done <"$folder/env"
code=0
"$@" || code=$?
exit "$code"
