#!/usr/bin/env bash
# Serves what stands in for the providers of language models, at a free port on loopback:
#
#   tests/models/serve.sh FIXTURES...    each a JSON file or a folder of them, in aimock's format
#
# It prints `http://127.0.0.1:PORT` once it listens, and ends when its standard input does. The addresses for `base_url`
# are that one for `anthropic`, `gemini` and `bedrock`, and that one with `/v1` for `openai` and `openai_compatible`. A
# request that no fixture fits is answered with an error. A stream that is cut by `truncateAfterChunks` needs a `latency`, or
# the connection ends before anything of it has left. `GET /__aimock/journal` lists the requests that came.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
"$here/install.sh"
command -v node >/dev/null || { echo "tests/models/serve.sh: node is missing: install Node 20 or later" >&2; exit 1; }
exec node "$here/serve.mjs" "$@"
