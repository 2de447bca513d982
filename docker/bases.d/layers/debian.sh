# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives

layer_seconds+=([debian]=25 [buildpack]=30)

layer_debian() {
  local arch
  # In namespaces of its own, so that nothing that it starts or mounts outlives us.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc mmdebstrap --quiet --mode=root --format=directory --variant=minbase --architectures="$native" \
    --aptopt="$machine/apt.conf" --dpkgopt="$here/bases.d/debian/etc/dpkg/dpkg.cfg.d/docker" \
    bookworm "$native" "$machine/sources.list"
  rm -f "$native"/etc/apt/sources.list "$native"/etc/apt/sources.list.d/* \
    "$native"/etc/apt/apt.conf.d/99mmdebstrap "$native"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
  cp -r "$here/bases.d/debian/." "$native"
  cp "$machine/debian.sources" "$native/etc/apt/sources.list.d/debian.sources"
  if [[ -s $machine/apt.conf ]]; then cp "$machine/apt.conf" "$native/etc/apt/apt.conf.d/machine"; fi
  # With the machine's own certificates where update-ca-certificates finds them again.
  trust_store "$native"
  find "$machine/certificates" -name '*.crt' -exec cp {} "$native/usr/local/share/ca-certificates" \;
  # Made by Docker for each container.
  for file in hostname resolv.conf; do
    : >"$native/etc/$file"
    chmod 644 "$native/etc/$file"
  done
  rm -f "$native/etc/machine-id" "$native/var/lib/dbus/machine-id"
  tidy "$native"

  mkdir -p "$foreign"
  # shellcheck disable=SC2046,SC2016 # one word a package; dpkg's own variable
  debs debs "$foreign" $(dpkg-query --admindir="$native/var/lib/dpkg" -W -f '${Package}\n')
  (cd "$native" && find . -xdev -print0) | rootfs foreign "$native" "$foreign" "$foreign" debs/"$foreign"/*.deb
  tidy "$foreign"
  for arch in "$native" "$foreign"; do pack "$arch" "$arch"; done
}

# What images of languages have for compiling and fetching.
layer_buildpack() {
  need debian
  lay debian "$native" root
  apt_install root ca-certificates curl g++ gcc git libc6-dev make openssh-client pkg-config wget
  pack root "$native" root.stamp
}
