# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# ruby: Debian's, with Bundler

layer_seconds+=([ruby]=20)

layer_ruby() {
  need debian
  lay debian "$native" root
  apt_install root ruby ruby-bundler
  mkdir -p root/usr/local/bundle
  chmod 1777 root/usr/local/bundle
  pack root "$native" root.stamp
}
