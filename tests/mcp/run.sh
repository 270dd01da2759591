#!/usr/bin/env bash
# Tries both sides of the Model Context Protocol against programs by others: tests/mcp/run.sh PATH-TO-STEPWELL PATH-TO-IO
# The second is the test program `io` of the crate of nodes, which has the client.
#   server: the conformance suite, as far as it asks for nothing that this server does not offer, and the inspector's
#           command line, over HTTP and over `stepwell mcp`
#   client: the reference server that has something of everything
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
binary="$(realpath "${1:?tests/mcp/run.sh PATH-TO-STEPWELL PATH-TO-IO}")"
io="$(realpath "${2:?tests/mcp/run.sh PATH-TO-STEPWELL PATH-TO-IO}")"
for program in "$binary" "$io"; do
  [ -x "$program" ] || { echo "tests/mcp/run.sh: there is no program $program: build it first" >&2; exit 1; }
done
"$here/install.sh"
modules="$root/.cache/mcp/node_modules"
# Modules are looked for beside the file that names them.
cp "$here"/*.mjs "$root/.cache/mcp/"
BINARY="$binary" IO="$io" MODULES="$modules" WORKFLOWS="$here/workflows" \
  node --test --test-concurrency=2 --test-reporter=spec "$root"/.cache/mcp/{server,client}.mjs 2>&1
