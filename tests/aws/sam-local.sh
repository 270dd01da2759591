#!/usr/bin/env bash
# Runs what README says of `sam local`, in containers of a real Docker daemon: `sam local invoke` with every event of
# events/, and a whole run of examples/expense-approval.json over `sam local start-api`.
#
# tests/aws/sam-local.sh [--built] [arm64 | x86_64] the functions are built first, or were with --built; the architecture
# of this machine by default
#
# It changes nothing of a Docker that runs here: it enters a network that holds only loopback, starts AWS's emulators and a
# daemon of its own there, and ends both. No registry is asked: the image is made here, and bears the name of Lambda's.
# It needs root, for the daemon.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/aws

fail() { printf 'tests/aws/sam-local.sh: %s\n' "$*" >&2; exit 1; }

machine="$(uname -m | sed s/aarch64/arm64/)"
built=
if [ "${1:-}" = --built ]; then built=1; shift; fi
architecture="${1:-$machine}"
case "$architecture" in arm64 | x86_64) ;; *) fail "name arm64 or x86_64, not $architecture" ;; esac

. "$here/apart.sh"
. "$here/sam_local/daemon.sh"
. "$here/sam_local/image.sh"
if [ "${STEPWELL_AWS_INSIDE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || fail "a Docker daemon of its own needs root: infra/build.sh $architecture, and then" \
    "sudo tests/aws/sam-local.sh --built $architecture"
  daemon_is_there || exit 1
  image_is_possible "$architecture" "$machine" || exit 1
  "$here/install.sh"
  sam="$(infra/tool.sh sam)"
  [ -n "$built" ] || infra/build.sh "$architecture"
  SAM_CLI_TELEMETRY=0 "$sam/sam" build >/dev/null
fi
apart "$0" --built "$architecture"

# Sockets have short paths, so this is no folder in .cache/.
folder="$(mktemp -d)"
code=1
end() {
  daemon_ends "$folder"
  image_is_gone
  "$here/stop.sh" "$folder" || true
  if [ "$code" = 0 ]; then
    rm -rf --one-file-system "$folder"
  else
    rm -rf --one-file-system "$folder/data" "$folder/exec" "$folder/root"
    printf 'tests/aws/sam-local.sh: logs are in %s\n' "$folder" >&2
  fi
}
trap end EXIT

# The emulators come first, since they refuse to start where there is more than loopback.
STEPWELL_AWS_BIND=0.0.0.0 "$here/start.sh" "$folder" >"$folder/env"
while IFS= read -r line; do export "${line?}"; done <"$folder/env"
daemon_starts "$folder"
image_is_made "$folder" "$architecture" "$machine"
code=0
SAM_CLI_TELEMETRY=0 "$(infra/tool.sh sam)/python" "$here/sam_local" "$architecture" "$folder" || code=$?
exit "$code"
