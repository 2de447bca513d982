# shellcheck shell=bash
# What recipes for layers are made of.  The recipes are in layers/: functions for docker/bases, which runs layer_NAME
# in a fresh folder, as root.  Each leaves NATIVE.tar, and FOREIGN.tar where the layer has one, for the two
# architectures $native and $foreign.
#
# Given by docker/bases: here, cache, machine (folder with what the images take over from this machine), native,
# foreign, version_*, run, which names this run, and rootfs, which runs rootfs.py, and layer_file, which says
# where a layer is kept.
: "${run:?}" "${here:?}" "${cache:?}" "${machine:?}" "${native:?}" "${foreign:?}"

# ---------------------------------------------------------------------------------------------------------------
# Packages

# Fetches .debs of an architecture into FOLDER/ARCH: debs FOLDER ARCH PACKAGE...
# With an apt of our own for each architecture; the indices are fetched once a run.
debs() {
  local folder=$1/$2 arch=$2 apt=$cache/apt/$2
  shift 2
  mkdir -p "$folder" "$apt"/{etc/apt.conf.d,etc/preferences.d,etc/trusted.gpg.d,state/lists/partial,cache/archives/partial}
  (
    flock 8
    if [[ $(cat "$apt/for" 2>/dev/null) != "$run" ]]; then
      cp "$machine/sources.list" "$apt/etc/sources.list"
      : >"$apt/state/status"
      {
        cat "$machine/apt.conf"
        echo "APT::Architecture \"$arch\"; APT::Architectures { \"$arch\"; }; APT::Sandbox::User \"root\";"
        echo "Dir::Etc \"$apt/etc\"; Dir::State \"$apt/state\"; Dir::State::status \"$apt/state/status\";"
        echo "Dir::Cache \"$apt/cache\"; Acquire::Languages \"none\";"
      } >"$apt/apt.conf"
      APT_CONFIG=$apt/apt.conf apt-get update -qq
      echo "$run" >"$apt/for"
    fi
    cd "$folder" || exit
    APT_CONFIG=$apt/apt.conf apt-get download -qq "$@"
  ) 8>"$apt.lock"
}

# Fetches a wheel: wheel FOLDER NAME VERSION [ARCH]; for ARCH-static, one for musl, whose programs need no library.
wheel() {
  local platform=()
  case ${4:-} in
    amd64-static) platform=(--platform musllinux_1_1_x86_64) ;;
    arm64-static) platform=(--platform musllinux_1_1_aarch64) ;;
    amd64) platform=(--platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux_2_28_x86_64) ;;
    arm64) platform=(--platform manylinux2014_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux_2_28_aarch64) ;;
  esac
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: "${platform[@]}" -d "$1" "$2==$3"
}

# ---------------------------------------------------------------------------------------------------------------
# Root folders

# Packs a folder: pack FOLDER ARCH; or only what changed after the file STAMP was made: pack FOLDER ARCH STAMP
pack() {
  chmod 755 "$1"
  if [[ ${3-} ]]; then
    changes "$1" "$3" | LC_ALL=C sort -z |
      tar -C "$1" --numeric-owner --no-recursion --null -T - -cf "$2.tar"
  else
    tar -C "$1" --sort=name --numeric-owner --exclude='./dev/*' -cf "$2.tar" .
  fi
}

changes() { find "$1" -xdev -mindepth 1 -cnewer "$2" ! -path "$1/dev/*" -printf '%P\0'; }

# Lays a finished layer out: lay NAME ARCH FOLDER; then makes a stamp to tell later changes from.
lay() {
  mkdir -p "$3"
  tar -C "$3" -xpzf "$(layer_file "$1" "$2").tar.gz" --numeric-owner
  sleep 0.05
  touch "$3.stamp"
  sleep 0.05
}

# Runs a command in a root folder, with /proc, /dev and this machine's network.  Dies with us, mounts and all.
in_root() {
  local root=$1 name pass=()
  shift
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [[ ${!name:-} ]]; then pass+=("$name=${!name}"); fi
  done
  # shellcheck disable=SC2016 # expanded by the inner shell
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child sh -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind "$(realpath /etc/resolv.conf)" "$root/etc/resolv.conf"
    exec chroot "$root" "$@"' in_root "$root" \
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "${pass[@]}" "$@" </dev/null
}

apt_install() {
  local root=$1
  shift
  in_root "$root" apt-get update -qq
  in_root "$root" apt-get install -qq -y --no-install-recommends "$@"
  tidy "$root"
}

# Installs packages on debian, for both architectures, in root-ARCH with its stamp; only the native one is run.
install_on_debian() {
  local arch
  need debian
  for arch in "$native" "$foreign"; do lay debian "$arch" "root-$arch"; done
  apt_install "root-$native" "$@"
  # shellcheck disable=SC2046,SC2016 # one word a package; dpkg's own variable
  debs added "$foreign" $(comm -13 \
    <(dpkg-query --admindir="root-$foreign/var/lib/dpkg" -W -f '${Package}\n' | sort) \
    <(dpkg-query --admindir="root-$native/var/lib/dpkg" -W -f '${Package}\n' | sort))
  changes "root-$native" "root-$native.stamp" |
    rootfs foreign "root-$native" "root-$foreign" "$foreign" added/"$foreign"/*.deb
  tidy "root-$foreign"
}

# Removes what installing leaves, and what "slim" leaves out.
tidy() {
  local root=$1
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/aux-cache \
    "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/etc/*- "$root"/tmp/* "$root"/run/*
  rm -rf "$root"/usr/share/{man,groff,info,lintian,linda}/*
  find "$root/var/log" -type f -delete
  find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
  find "$root/usr/share/doc" \( -type f -o -type l \) ! -name copyright -delete
  find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
}

# The trust store: Mozilla's certificates, and those that this machine trusts besides.
trust_store() {
  local root=$1
  debs ca "$native" ca-certificates
  [[ -d ca/all ]] || dpkg-deb -x ca/"$native"/ca-certificates_*.deb ca/all
  mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share/ca-certificates"
  find ca/all/usr/share/ca-certificates/mozilla "$machine/certificates" -name '*.crt' | LC_ALL=C sort |
    while read -r file; do grep . "$file"; done >"$root/etc/ssl/certs/ca-certificates.crt"
}
