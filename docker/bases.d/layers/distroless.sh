# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# distroless: extracted packages, none of them configured, no shell and no package manager

layer_seconds+=([distroless-static]=5 [distroless-base]=5 [distroless-cc]=5 [distroless-python]=8)

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
