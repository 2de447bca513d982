# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# gradle: Debian's, which is of 2017

layer_seconds+=([gradle]=30)

layer_gradle() {
  local file
  need debian
  lay debian "$native" debian
  # Unpacked alone: the Java that they would be installed with is another one.
  in_root debian apt-get update -qq
  in_root debian apt-get install -qq -y --no-install-recommends --download-only gradle
  for file in debian/var/cache/apt/archives/*_all.deb debian/var/cache/apt/archives/*-jni_*.deb; do dpkg-deb -x "$file" all; done
  mkdir -p root/usr/{bin,lib,share}
  cp -a all/usr/bin/gradle root/usr/bin/
  cp -a all/usr/lib/jni root/usr/lib/
  rm -rf all/usr/share/{doc,fonts,javascript,locale,man,maven-repo}
  cp -a all/usr/share/. root/usr/share/
  pack root "$native"
}
