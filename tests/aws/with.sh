#!/usr/bin/env bash
# Runs a command with AWS's emulators: tests/aws/with.sh COMMAND...
# Installs what is missing, enters a network of its own that holds only loopback, starts DynamoDB Local and MiniStack,
# runs the command with their addresses in its environment, ends them, and returns the command's exit code.
# Logs stay in .cache/aws/run-*/ where the command failed.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/aws"

fail() { printf 'tests/aws/with.sh: %s\n' "$*" >&2; exit 1; }

[ $# -gt 0 ] || fail "name a command"

if [ "${STEPWELL_AWS_INSIDE:-}" != 1 ]; then
  "$here/install.sh"
  export STEPWELL_AWS_INSIDE=1
  apart=(--net --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || apart+=(--map-root-user)
  if unshare "${apart[@]}" true 2>/dev/null; then exec unshare "${apart[@]}" "$0" "$@"; fi
  # Without namespaces only whoever knows that nobody can reach this machine may go on.
  [ "${STEPWELL_AWS_EXPOSED:-}" = 1 ] ||
    fail "this needs root or user namespaces (unshare --net --pid), since DynamoDB Local listens on every interface;" \
      "set STEPWELL_AWS_EXPOSED=1 to run it all the same"
else
  # A new network has loopback, but down. 0x8914 is SIOCSIFFLAGS, 0x41 is up and running.
  python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x41))'
fi
unset STEPWELL_AWS_INSIDE

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
