# To be sourced: a Docker daemon of its own.

# The address that containers reach this network by.
GATEWAY=172.30.0.1

# Whether everything that the daemon needs is installed. Says what is missing, and how to install it.
daemon_is_there() {
  local program missing=()
  PATH="$PATH:/usr/sbin:/sbin"
  for program in dockerd docker containerd runc docker-proxy; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ ${#missing[@]} = 0 ] || {
    printf 'tests/aws/sam-local.sh: missing is %s: apt-get install --no-install-recommends docker.io\n' "${missing[*]}" >&2
    return 1
  }
}

# daemon_starts FOLDER: its files, sockets and logs are there. Containers reach this network alone, and no rules of a
# firewall are needed for that.
daemon_starts() {
  local folder="$1" place
  # What another daemon of this machine keeps there is hidden, in the mounts of this script alone.
  for place in /run /etc/docker; do
    [ -d "$place" ] || { mkdir "$place" && touch "$folder/made-etc-docker"; }
    mount -t tmpfs tmpfs "$place"
  done
  export DOCKER_HOST="unix://$folder/docker.sock" DOCKER_CONFIG="$folder"
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
  PATH="$PATH:/usr/sbin:/sbin" dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --bip "$GATEWAY/24" --iptables=false --ip6tables=false \
    --cgroup-parent "/${folder##*/}" >"$folder/docker.log" 2>&1 </dev/null &
  daemon=$!
  for _ in $(seq 300); do
    if docker version >/dev/null 2>&1; then return; fi
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$folder/docker.log" >&2
  printf 'tests/aws/sam-local.sh: the Docker daemon did not start\n' >&2
  return 1
}

# daemon_ends FOLDER: with all containers, and what is left of their groups.
daemon_ends() {
  local folder="$1"
  [ -n "${daemon:-}" ] || return 0
  docker ps --all --quiet 2>/dev/null | xargs --no-run-if-empty docker rm --force >/dev/null 2>&1 || true
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d -path "*/${folder##*/}*" -exec rmdir {} + 2>/dev/null || true
  umount /etc/docker
  if [ -e "$folder/made-etc-docker" ]; then rmdir /etc/docker; fi
}
