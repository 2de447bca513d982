# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# python: Debian's CPython, moved to /usr/local and freed of Debian's own folder layout, as python.org has it

layer_seconds+=([python]=25)

layer_python() {
  local arch root lib file
  # What the official slim image has from Debian.
  local -a packages=(ca-certificates netbase tzdata libbz2-1.0 libdb5.3 libexpat1 libffi8 libncursesw6 libnsl2
    libreadline8 libsqlite3-0 libssl3 libtirpc3 libuuid1 media-types)
  install_on_debian "${packages[@]}"
  for arch in "$native" "$foreign"; do
    debs debs "$arch" {,lib}python3.11-minimal libpython3.11-stdlib libpython3.11-dev python3.11-venv
  done

  wheel wheels pip "${version_python_pip:?}"
  wheel wheels setuptools "${version_python_setuptools:?}"
  wheel wheels wheel "${version_python_wheel:?}"
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
      '_PIP_VERSION = "[^"]*"' "_PIP_VERSION = \"$version_python_pip\"" \
      '_SETUPTOOLS_VERSION = "[^"]*"' "_SETUPTOOLS_VERSION = \"$version_python_setuptools\""
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
