#!/usr/bin/env bash
# Builds the six functions for Lambda into target/lambda/, from where infra/template.yaml takes them: one program, which is
# each of them by its handler.
#
# infra/build.sh [--fast] [arm64 | x86_64] arm64 by default; the deployment needs the same parameter Architecture. --fast is
# for trying locally: it compiles sooner what is larger and slower.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=lambda
if [ "${1:-}" = --fast ]; then profile=lambda-fast; shift; fi
case "${1:-arm64}" in
  arm64 | aarch64) target=--arm64 triple=aarch64-unknown-linux-gnu ;;
  x86_64) target=--x86-64 triple=x86_64-unknown-linux-gnu ;;
  *) printf 'infra/build.sh: name arm64 or x86_64, not %s\n' "$1" >&2; exit 2 ;;
esac
# cargo-lambda would add it too, and say nothing.
if command -v rustup >/dev/null && ! rustup target list --installed | grep -qx "$triple"; then
  printf 'infra/build.sh: the toolchain gets the target %s\n' "$triple" >&2
  rustup target add "$triple"
fi
# cargo-lambda brings a linker of its own, since Amazon Linux has an older C library than most machines that build.
tools="$(infra/tool.sh cargo-lambda)"
PATH="$tools:$PATH" cargo lambda build --profile "$profile" --locked "$target" --lambda-dir target/lambda \
  -p stepwell-lambda --features stepwell-lambda/lambda
# A package that is the same as before makes no new version of its function, also where parameters of the stack are others.
for name in trigger step callback status rollback supervisor; do
  mkdir -p "target/lambda/stepwell-$name"
  ln -f target/lambda/stepwell-lambda/bootstrap "target/lambda/stepwell-$name/bootstrap"
  date +%s%N >"target/lambda/stepwell-$name/revision"
done
