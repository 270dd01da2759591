#!/usr/bin/env bash
# Ends the emulators that tests/aws/start.sh FOLDER started: tests/aws/stop.sh FOLDER
set -euo pipefail
folder="${1:?the folder given to tests/aws/start.sh}"

for name in ministack dynamodb; do
  file="$folder/$name.pid"
  [ -f "$file" ] || continue
  group="$(cat "$file")"
  kill -TERM -- "-$group" 2>/dev/null || true
  for _ in $(seq 50); do
    kill -0 -- "-$group" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$group" 2>/dev/null || true
  rm -f "$file"
done
rm -rf "$folder/tmp" "$folder/state"
