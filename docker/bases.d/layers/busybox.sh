# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives

layer_seconds+=([busybox]=5)

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
