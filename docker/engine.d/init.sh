#!/usr/bin/env bash
# The inside of one engine: the first process of its mount and pid namespaces.
#
#   unshare --mount --pid --fork ... init.sh enter ENGINE.CONF
#
# `enter` still sees the host's files: it lays out the engine's view of the file system and moves into it.
# `run`, started by `enter` from a copy inside, starts the registry and dockerd and ends when dockerd ends.
# Because this is pid 1 of its namespace, the kernel takes containerd, the shims, every container and every
# mount away with it, whichever way it ends.  The network is the host's.
set -euo pipefail

# Written by docker/engine: engine_dir, root_dir, registry_port.
# shellcheck source=/dev/null
source "${2:?usage: init.sh enter|run ENGINE.CONF}"
: "${engine_dir:?}" "${root_dir:?}" "${registry_port:?}"

# Folders of the engine's own system.  Any other top-level folder of the host is shown to the engine at the
# same path, so that `docker run -v "$PWD:/src"` means what it says.
own_folders=' bin boot dev etc lib lib32 lib64 libx32 lost+found proc run sbin sys usr var '

# Lets the kernel run arm64 programs, in containers too: flag F opens the emulator now, by its path here, so
# that no root folder needs it.  Mounted in our view only, so it goes with
# the last engine; prints "yes" or why not.
emulate_arm64() {
  local fs=$1/proc/sys/fs/binfmt_misc name handler=$engine_dir/../qemu/qemu-aarch64
  [[ $(uname -m) == x86_64 ]] || { echo "not needed on $(uname -m)"; return; }
  [[ -f $fs/register ]] || mount -t binfmt_misc binfmt_misc "$fs" || { echo 'this kernel has no binfmt_misc'; return; }
  for name in qemu-aarch64 optfrontend-aarch64; do
    if [[ -f $fs/$name ]] && grep -qx enabled "$fs/$name" && grep -q '^flags:.*F' "$fs/$name"; then
      echo yes
      return
    fi
  done
  [[ -x $handler ]] || { echo 'the emulator could not be installed'; return; }
  # An ELF file for machine 0xb7; flags: keep argv[0], open the binary for the emulator, fix the emulator.
  if printf '%s' ':optfrontend-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00' \
    ':\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff' \
    ":$(realpath "$handler"):OPF" >"$fs/register"; then
    echo yes
  else
    echo 'the kernel refused the binfmt_misc registration'
  fi
}

enter() {
  local conf=$1 view=$engine_dir/view pid start boot top

  # Who we are to the host, while its /proc is still the one mounted: the pid, and the time it started, so
  # that another process with the same number is never mistaken for us.
  read -r pid _ </proc/self/stat
  start=$(sed 's/.*) //' /proc/"$pid"/stat | cut -d' ' -f20)
  boot=$(</proc/sys/kernel/random/boot_id)
  echo "$pid $start $boot" >"$engine_dir/run/pid.new"
  mv "$engine_dir/run/pid.new" "$engine_dir/run/pid"

  # runc and containerd look their root up in the mount table, so it has to be a mount point.
  mkdir -p "$view"
  mount --bind "$root_dir" "$view"
  mount -t proc proc "$view/proc"
  mount --rbind /sys "$view/sys"
  mount --rbind /dev "$view/dev"
  mount -t tmpfs -o mode=755 tmpfs "$view/run"
  for top in /*; do
    [[ -d $top && ! -L $top && $own_folders != *" ${top#/} "* ]] || continue
    mkdir -p "$view$top"
    mount --rbind "$top" "$view$top"
  done
  # The view lies below one of those folders, usually: do not show it inside itself.
  if mountpoint -q "$view$view"; then umount -l "$view$view"; fi
  if [[ ! -d $view$engine_dir/run ]]; then
    mkdir -p "$view$engine_dir"
    mount --bind "$engine_dir" "$view$engine_dir"
  fi
  if [[ -d /lib/modules ]]; then
    mkdir -p "$view/usr/lib/modules"
    mount --bind -o ro /lib/modules "$view/usr/lib/modules"
  fi

  emulate_arm64 "$view" >"$engine_dir/run/emulation" 2>/dev/null || true

  mkdir -p "$view/run/engine" "$view/run/host" "$view/run/lock"
  cp "${BASH_SOURCE[0]}" "$view/run/engine/init.sh"
  cp "$conf" "$view/run/engine/engine.conf"

  cd "$view"
  pivot_root . run/host
  exec chroot . /bin/bash /run/engine/init.sh run /run/engine/engine.conf
}

# Devices for steps, which any machine has: one for every build, and one that the client has to allow.
test_devices() {
  mkdir -p /run/cdi
  cat >/run/cdi/optfrontend.json <<'JSON'
{
  "cdiVersion": "0.6.0",
  "kind": "optfrontend.test/device",
  "devices": [
    {
      "name": "free",
      "annotations": { "org.mobyproject.buildkit.device.autoallow": "true" },
      "containerEdits": { "deviceNodes": [{ "path": "/dev/test-free", "hostPath": "/dev/null" }] }
    },
    { "name": "guarded", "containerEdits": { "deviceNodes": [{ "path": "/dev/test-guarded", "hostPath": "/dev/null" }] } }
  ]
}
JSON
}

registry() {
  while :; do
    docker-registry serve "$engine_dir/registry.yml" >>"$engine_dir/log/registry.log" 2>&1 || true
    sleep 1
  done
}

run() {
  local dockerd
  umount -l /run/host
  rmdir /run/host
  cd /
  test_devices
  registry &
  dockerd --config-file "$engine_dir/daemon.json" &
  dockerd=$!
  # Asked to stop, let dockerd end its containers by itself; whatever remains goes with this process.
  trap 'kill -TERM "$dockerd" 2>/dev/null || true' TERM INT HUP
  while kill -0 "$dockerd" 2>/dev/null; do
    wait "$dockerd" || true
  done
}

case ${1-} in
  enter) enter "$2" ;;
  run) run ;;
  *)
    echo "usage: init.sh enter|run ENGINE.CONF" >&2
    exit 2
    ;;
esac
