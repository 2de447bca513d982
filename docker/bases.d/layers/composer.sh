# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# composer: Debian's, with its PHP

layer_seconds+=([composer]=20)

layer_composer() {
  need debian
  lay debian "$native" root
  apt_install root composer php-cli
  pack root "$native" root.stamp
}
