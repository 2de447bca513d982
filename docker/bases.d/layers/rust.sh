# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# rust: this machine's toolchain, which is the one of rust-toolchain.toml, laid out as rustup does

layer_seconds+=([rust]=30)

layer_rust() {
  local version=${version_rust:?} sysroot toolchain program
  sysroot=$(cd "$here" && rustc --print sysroot) || die "rust is copied from this machine, which has none"
  [[ $("$sysroot/bin/rustc" --version) == "rustc $version "* ]] || die "this machine's rustc is not $version, which rust-toolchain.toml asks for"
  toolchain=usr/local/rustup/toolchains/$(basename "$sysroot")
  mkdir -p root/"$toolchain"/{bin,lib} root/usr/local/cargo/bin
  for program in cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt; do
    cp "$sysroot/bin/$program" "root/$toolchain/bin/"
    ln -s "/$toolchain/bin/$program" "root/usr/local/cargo/bin/$program"
  done
  cp -r "$sysroot/lib/." "root/$toolchain/lib"
  cp -r "$here/bases.d/rust/." root
  cp "$machine/cargo.toml" root/usr/local/cargo/config.toml
  chmod -R a+rwX root/usr/local/{cargo,rustup}
  pack root "$native"
}
