# Sourced. `apart "$0" "$@"` runs the script again in a network of its own that holds only loopback, and returns there.
# Emulators that listen on every interface are then reachable by the command alone, and end with it.
apart() {
  if [ "${STEPWELL_AWS_INSIDE:-}" = 1 ]; then
    # A new network has loopback, but down. 0x8914 is SIOCSIFFLAGS, 0x41 is up and running.
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
  # Without namespaces only whoever knows that nobody can reach this machine may go on.
  [ "${STEPWELL_AWS_EXPOSED:-}" = 1 ] || {
    printf '%s: this needs root or user namespaces (unshare --net --pid), since emulators listen on every interface; set' "$1"
    printf ' STEPWELL_AWS_EXPOSED=1 to run it all the same\n'
    exit 1
  } >&2
}
