# To be sourced: the image that functions run in, under the name of Lambda's, which no registry is asked for. It holds
# what a function needs of a system: a C library, certificates, and the programs by which SAM adds its runtime emulator.

IMAGE=public.ecr.aws/lambda/provided:al2023
CERTIFICATES="${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
# Where Debian's packages for the other architecture are kept, and which.
PACKAGES=.cache/aws/image
NEEDED=(libc6 libgcc-s1 busybox-static)

# An architecture as Debian calls it.
debian() { if [ "$1" = x86_64 ]; then echo amd64; else echo arm64; fi; }

# image_is_possible ARCHITECTURE MACHINE: whether this machine runs programs of that architecture. For one that is not its
# own it needs QEMU, and fetches Debian's packages.
image_is_possible() {
  local architecture="$1" folder="${PACKAGES}-$1"
  [ "$architecture" != "$2" ] || return 0
  emulator "$architecture" >/dev/null || {
    printf 'tests/aws/sam-local.sh: this machine runs no programs of %s: apt-get install --no-install-recommends %s\n' \
      "$architecture" qemu-user-static >&2
    return 1
  }
  [ ! -e "$folder/done" ] || return 0
  mkdir -p "$folder"/{state/lists/partial,cache/archives/partial,packages}
  : >"$folder/status"
  local options=(-q -o "APT::Architecture=$(debian "$architecture")" -o "APT::Architectures=$(debian "$architecture")"
    -o "Dir::State=$PWD/$folder/state" -o "Dir::State::status=$PWD/$folder/status" -o "Dir::Cache=$PWD/$folder/cache"
    -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update >"$folder/log" 2>&1 &&
    (cd "$folder/packages" && apt-get "${options[@]}" download "${NEEDED[@]}") >>"$folder/log" 2>&1 || {
    tail -n 20 "$folder/log" >&2
    printf 'tests/aws/sam-local.sh: the packages of %s could not be fetched\n' "$architecture" >&2
    return 1
  }
  touch "$folder/done"
}

# The path of the program that runs those of another architecture.
emulator() { command -v "qemu-$(echo "$1" | sed s/arm64/aarch64/)-static"; }

# image_is_made FOLDER ARCHITECTURE MACHINE
image_is_made() {
  local folder="$1" architecture="$2" root="$1/root"
  mkdir -p "$root"/{bin,etc/pki/tls/certs,tmp,var/task,var/runtime}
  if [ "$architecture" = "$3" ]; then own "$root"; else other "$root" "$architecture"; fi
  cp -L "$CERTIFICATES" "$root/etc/pki/tls/certs/ca-bundle.crt"
  printf 'FROM scratch\nADD root /\n' >"$folder/Dockerfile"
  tar -C "$folder" -c Dockerfile root | DOCKER_BUILDKIT=0 docker build --quiet --tag "${IMAGE}-$architecture" \
    --platform "linux/$(debian "$architecture")" - >"$folder/image.log" 2>&1 || { cat "$folder/image.log" >&2; return 1; }
}

# Fills a folder with files of this machine.
own() {
  local root="$1" program library
  for program in sh mv chmod; do cp -L "/bin/$program" "$root/bin/"; done
  for program in /bin/{sh,mv,chmod} target/lambda/stepwell-*/bootstrap; do
    for library in $(ldd "$program" | sed -n 's/[^/]*\(\/[^ ]*\) (.*/\1/p'); do
      mkdir -p "$root${library%/*}"
      cp -Ln "$library" "$root$library"
    done
  done
}

# Fills a folder with Debian's packages for another architecture, and has this machine run its programs by QEMU until
# image_is_gone.
other() {
  local root="$1" package program
  for package in "${PACKAGES}-$2"/packages/*.deb; do dpkg -x "$package" "$root"; done
  for program in sh mv chmod; do ln -s busybox "$root/bin/$program"; done
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  if grep -qs "^interpreter .*qemu-" /proc/sys/fs/binfmt_misc/*"$(echo "$2" | sed s/arm64/aarch64/)"*; then return; fi
  registered="stepwell-$$"
  # The beginning of an ELF file of that machine, 64 bits and little endian, and its mask. F has the program opened now, so
  # that containers need not have it.
  local machine='\xb7'
  if [ "$2" = x86_64 ]; then machine='\x3e'; fi
  printf ':%s:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00%s\\x00:%s:%s:F' "$registered" \
    "$machine" '\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff' \
    "$(emulator "$2")" >/proc/sys/fs/binfmt_misc/register
}

# Undoes what image_is_made did to this machine.
image_is_gone() {
  if [ -n "${registered:-}" ]; then echo -1 >"/proc/sys/fs/binfmt_misc/$registered" || true; fi
}
