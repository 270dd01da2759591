#!/usr/bin/env bash
# Installs clients and servers of the Model Context Protocol by others into .cache/mcp/, pinned by hash. A second run does
# nothing and says nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/mcp"
mkdir -p "$cache"

fail() { printf 'tests/mcp/install.sh: %s\n' "$*" >&2; exit 1; }

# One installer at a time: several test runs may start at once.
exec 9>"$cache/lock"
flock 9

log="$cache/install.log"
wanted="$(cat "$here"/{install.sh,package-lock.json} | sha256sum)"
if [ "$(cat "$cache/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -f "$cache/installed"
command -v npm >/dev/null || fail "npm is missing: install Node 20 or later"

cp "$here/package.json" "$here/package-lock.json" "$cache/"
npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund >"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; fail "npm ci failed; the whole log is $log"; }
printf '%s\n' "$wanted" >"$cache/installed"
