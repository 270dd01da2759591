# To be sourced. `apart "$0" "$@"` runs the calling script again in a network namespace that has only loopback, and
# returns there. Emulators that listen on every interface are then reachable by the script's command alone, and end with
# it.
apart() {
  if [ "${STEPWELL_AWS_INSIDE:-}" = 1 ]; then
    # Loopback is down in a new namespace. 0x8914 is SIOCSIFFLAGS, and 0x41 is IFF_UP with IFF_RUNNING.
    python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x41))'
    unset STEPWELL_AWS_INSIDE
    return
  fi
  local flags=(--net --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || flags+=(--map-root-user)
  if unshare "${flags[@]}" true 2>/dev/null; then
    export STEPWELL_AWS_INSIDE=1
    exec unshare "${flags[@]}" "$@"
  fi
  # Without namespaces the script goes on only where the caller says that nobody else can reach this machine.
  [ "${STEPWELL_AWS_EXPOSED:-}" = 1 ] || {
    printf '%s: this needs root or user namespaces (unshare --net --pid), since emulators listen on every interface; set' "$1"
    printf ' STEPWELL_AWS_EXPOSED=1 to run it all the same\n'
    exit 1
  } >&2
}
