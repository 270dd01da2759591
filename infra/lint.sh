#!/usr/bin/env bash
# Checks the template with `sam validate`, cfn-lint and checkov. It needs no account and, once the tools are installed,
# no network. The template says which checks checkov skips, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
sam="$(infra/tool.sh sam)"
checkov="$(infra/tool.sh checkov)"
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1

# Runs a check, and shows what it writes only where it fails.
quietly() {
  local said
  said="$("$@" 2>&1)" || { printf '%s\n' "$said" >&2; printf 'infra/lint.sh: %s failed\n' "$(basename "$1")" >&2; exit 1; }
}
quietly "$sam/sam" validate
quietly "$sam/cfn-lint" infra/template.yaml
quietly "$checkov/checkov" --framework cloudformation --skip-download --compact --quiet -f infra/template.yaml
