# Sourced by test.sh: runs its parts, one after the other or beside each other, and ends with a table of what each took.
#
#   part NAME COMMAND...     runs it now
#   beside NAME COMMAND...   starts it; its output is kept, and shown once it is awaited
#   await NAME...            waits for what was started beside
#
# A part that cannot be done here says why and ends with 77: the table then shows it as `not done`. Any other failure ends
# everything. CPU stands beside the time on the clock, since a busy machine stretches only
# the latter.

parts_folder="$(mktemp -d)"
# In the order in which they began.
parts=()
declare -A parts_process

# Runs one part in a shell of its own, and leaves `RESULT SECONDS CPU_SECONDS` for the table.
parts_run() {
  local file="$parts_folder/$1" begun code cpu
  begun="$(date +%s)"
  shift
  printf 'running %s\n' "$begun" >"$file"
  # Not `"$@" || code=$?`: bash would then go on after a command that fails within a function.
  set +e
  (set -e; "$@")
  code=$?
  set -e
  # The second line of `times` is what this shell's children used: minutes and seconds, in user and in system mode.
  times >"$file.times"
  cpu="$(awk 'NR == 2 { split($1, user, "[ms]"); split($2, sys, "[ms]")
    printf "%d", 60 * (user[1] + sys[1]) + user[2] + sys[2] }' "$file.times")"
  printf '%s %s %s\n' "$code" "$(($(date +%s) - begun))" "$cpu" >"$file"
  [ "$code" = 77 ] || return "$code"
}

part() {
  parts+=("$1")
  printf '\n== %s\n' "$1"
  (parts_run "$@")
}

beside() {
  parts+=("$1")
  printf '\n== %s: begun beside the rest\n' "$1"
  # In a process group of its own, so that what it started ends with it.
  set -m
  (parts_run "$@") >"$parts_folder/$1.log" 2>&1 </dev/null &
  parts_process["$1"]=$!
  set +m
}

await() {
  local name code
  for name in "$@"; do
    code=0
    wait "${parts_process["$name"]}" || code=$?
    unset "parts_process[$name]"
    printf '\n== %s\n' "$name"
    if [ "$code" = 0 ]; then tail -n 20 "$parts_folder/$name.log"; else cat "$parts_folder/$name.log"; fi
    [ "$code" = 0 ] || return "$code"
  done
}

parts_end() {
  local code=$? name result seconds cpu
  trap - EXIT
  for name in "${!parts_process[@]}"; do kill -TERM -- "-${parts_process["$name"]}" 2>/dev/null || true; done
  wait
  printf '\n%-28s %-9s %8s %8s\n' part result minutes CPU
  for name in "${parts[@]}"; do
    read -r result seconds cpu <"$parts_folder/$name" || true
    case "$result" in
      0) result=passed ;;
      77) result='not done' ;;
      running) result=stopped seconds=$(($(date +%s) - seconds)) cpu= ;;
      *) result=failed ;;
    esac
    printf '%-28s %-9s %8s %8s\n' "$name" "$result" "$(parts_minutes "$seconds")" "$(parts_minutes "$cpu")"
  done
  printf '%-28s %-9s %8s\n' all "$([ "$code" = 0 ] && echo passed || echo failed)" "$(parts_minutes "$SECONDS")"
  rm -rf "$parts_folder"
  exit "$code"
}
parts_minutes() { [ -z "$1" ] || printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"; }
trap parts_end EXIT
