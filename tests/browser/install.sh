#!/usr/bin/env bash
# Installs what drives a browser into .cache/browser/: playwright-core and axe-core, pinned by hash. The browser itself is
# Debian's. A second run does nothing and says nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/browser"
mkdir -p "$cache"

fail() { printf 'tests/browser/install.sh: %s\n' "$*" >&2; exit 1; }

# One installer at a time: several test runs may start at once.
exec 9>"$cache/lock"
flock 9

log="$cache/install.log"
run() { "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "'$*' failed; the whole log is $log"; }; }

if ! command -v chromium >/dev/null; then
  command -v apt-get >/dev/null || fail "chromium is missing: install it, so that it is found as 'chromium'"
  [ "$(id -u)" = 0 ] || fail "chromium is missing: as root, run 'apt-get install chromium'"
  : >"$log"
  run apt-get update
  run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core
fi

wanted="$(cat "$here"/{install.sh,package-lock.json} | sha256sum)"
if [ "$(cat "$cache/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -f "$cache/installed"
command -v npm >/dev/null || fail "npm is missing: install Node 20 or later"

: >"$log"
cp "$here/package.json" "$here/package-lock.json" "$cache/"
run npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund
printf '%s\n' "$wanted" >"$cache/installed"
