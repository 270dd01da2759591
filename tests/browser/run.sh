#!/usr/bin/env bash
# Opens the pages of a running `stepwell dev` in a real browser: tests/browser/run.sh PATH-TO-STEPWELL [FILE]
# FILE is the name of one of the files here without its ending; `tasks` only measures, and is not among the tests.
# One server and one browser serve the tests of a file. Screenshots are kept below .cache/screens/.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
binary="${1:?tests/browser/run.sh PATH-TO-STEPWELL}"
[ -x "$binary" ] || { echo "tests/browser/run.sh: there is no program $binary: build it with cargo build" >&2; exit 1; }
"$here/install.sh"
# Modules are looked for beside the file that names them.
cp "$here"/*.mjs "$root/.cache/browser/"
tests=()
for file in "$here"/*.mjs; do
  name="$(basename "$file")"
  case "$name" in
    stage.mjs | model.mjs) ;;
    tasks.mjs) ;;
    *) [ "${2:-${name%.mjs}}" != "${name%.mjs}" ] || tests+=("$root/.cache/browser/$name") ;;
  esac
done
if [ "${2:-}" = tasks ]; then
  exec env SCREENS="$root/.cache/screens" BINARY="$(realpath "$binary")" node "$root/.cache/browser/tasks.mjs"
fi
# A few files at once: each has a server and a browser of its own, and mostly waits.
SCREENS="$root/.cache/screens" IMAGES="$root/docs/images" BINARY="$(realpath "$binary")" \
  node --test --test-concurrency=3 --test-reporter=spec "${tests[@]}" 2>&1 ||
  { echo "the pages failed in the browser; what they looked like is in .cache/screens/" >&2; exit 1; }
