#!/usr/bin/env bash
# Runs every fuzz target for a number of seconds (20 by default), on the stable toolchain.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:-20}"
tool="$(../infra/tool.sh cargo-fuzz)/cargo-fuzz"
# cargo-fuzz asks for instrumentation flags that stable keeps behind this switch; no sanitizer is needed in safe Rust.
export RUSTC_BOOTSTRAP=1
fuzz() { "$tool" fuzz run "$@"; }
fuzz expression --sanitizer none -- -max_total_time="$seconds" -dict=expression.dict -print_final_stats=1
fuzz workflow --sanitizer none -- -max_total_time="$seconds" -print_final_stats=1
fuzz schema --sanitizer none -- -max_total_time="$seconds" -print_final_stats=1
