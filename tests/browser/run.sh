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
if [ "${2:-}" = tasks ]; then
  exec env SCREENS="$root/.cache/screens" BINARY="$(realpath "$binary")" node "$root/.cache/browser/tasks.mjs"
fi
# What takes longest begins first: else it goes on alone at the end.
tests=()
for name in sweep execution keyboard $(cd "$here" && ls -- *.mjs | sed 's/\.mjs$//'); do
  case " stage looks model large run tasks ${tests[*]-} " in
    *" $name "*) ;;
    *) [ "${2:-$name}" != "$name" ] || tests+=("$name") ;;
  esac
done
files=("${tests[@]/#/$root/.cache/browser/}")
SCREENS="$root/.cache/screens" IMAGES="$root/docs/images" BINARY="$(realpath "$binary")" \
  node "$root/.cache/browser/run.mjs" "${files[@]/%/.mjs}" 2>&1 ||
  { echo "the pages failed in the browser; what they looked like is in .cache/screens/" >&2; exit 1; }
