"""Work on root folders that needs more than a line of shell."""

import glob
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys
import zipfile

TRIPLET = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
MERGED = {"amd64": ["bin", "lib", "lib64", "sbin"], "arm64": ["bin", "lib", "sbin"]}


def unwheel(wheel, inside, target):
    """Unpacks the folder `inside` of a wheel to `target`, with the files' modes."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if not entry.filename.startswith(inside + "/") or entry.is_dir():
                continue
            path = os.path.join(target, entry.filename[len(inside) + 1 :])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(entry) as source, open(path, "wb") as file:
                while data := source.read(1 << 20):
                    file.write(data)
            os.chmod(path, 0o755 if entry.external_attr >> 16 & 0o111 else 0o644)


def control(deb):
    """The control file of a .deb: its text, and its fields."""
    text = subprocess.run(["dpkg-deb", "-f", deb], check=True, stdout=subprocess.PIPE, text=True).stdout
    fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", text, re.M))
    return text, fields


def distroless(root, *debs):
    """Unpacks packages and notes each in status.d, where scanners look for them."""
    notes = os.path.join(root, "var/lib/dpkg/status.d")
    os.makedirs(notes, exist_ok=True)
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        text, fields = control(deb)
        place = os.path.join(notes, fields["Package"])
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        sums = subprocess.run(["dpkg-deb", "-I", deb, "md5sums"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        with open(place + ".md5sums", "wb") as file:
            file.write(sums)


def foreign(native_root, root, arch, *debs):
    """Makes of native_root's packages the same system for another architecture, without running any of it.

    The packages' files come from the .debs of that architecture, dpkg's database from their control parts; all
    that installing wrote besides (users, alternatives, certificates, ...) is the same on each architecture and
    comes from native_root.  The paths that may be copied so are read from standard input, ended by NUL.
    """
    for name in MERGED[arch]:
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink("usr/" + name, os.path.join(root, name))
    info = os.path.join(root, "var/lib/dpkg/info")
    os.makedirs(info, exist_ok=True)

    stanzas = {}
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        text, fields = control(deb)
        name = fields["Package"]
        base = name + (":" + arch if fields.get("Multi-Arch") == "same" else "")
        work = os.path.join(root, ".control")
        subprocess.run(["dpkg-deb", "-e", deb, work], check=True)
        conffiles = ""
        for member in os.listdir(work):
            path = os.path.join(work, member)
            if member == "conffiles":
                with open(path, encoding="utf-8") as file:
                    for line in file.read().splitlines():
                        if line.startswith("/"):
                            with open(root + line, "rb") as conffile:
                                conffiles += f" {line} {hashlib.md5(conffile.read()).hexdigest()}\n"
            if member == "control":
                os.remove(path)
            else:
                os.rename(path, os.path.join(info, f"{base}.{member}"))
        os.rmdir(work)
        packer = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        names = subprocess.run(["tar", "-t"], check=True, stdin=packer.stdout, stdout=subprocess.PIPE, text=True).stdout.split("\n")
        if packer.wait() != 0:
            sys.exit(f"{deb} cannot be read")
        with open(os.path.join(info, base + ".list"), "w", encoding="utf-8") as file:
            file.writelines((entry[1:].rstrip("/") or "/.") + "\n" for entry in names if entry)
        first, _, rest = text.partition("\n")
        stanzas[name] = f"{first}\nStatus: install ok installed\n{rest}" + (f"Conffiles:\n{conffiles}" if conffiles else "")
    status = os.path.join(root, "var/lib/dpkg/status")
    if os.path.exists(status):
        with open(status, encoding="utf-8") as file:
            for stanza in file.read().split("\n\n"):
                if stanza.strip():
                    stanzas.setdefault(stanza.split()[1], stanza.rstrip("\n") + "\n")
    with open(status, "w", encoding="utf-8") as file:
        file.write("\n".join(stanzas[name] for name in sorted(stanzas)) + "\n")

    merged = set(sum(MERGED.values(), []))
    owned = set()
    for path in glob.glob(os.path.join(native_root, "var/lib/dpkg/info/*.list")):
        with open(path, encoding="utf-8") as file:
            for line in file.read().splitlines():
                line = line.lstrip("/")
                owned.add("usr/" + line if line.split("/")[0] in merged else line)
    keep = []
    for path in sys.stdin.buffer.read().split(b"\0"):
        path = path.decode().removeprefix("./")
        if not path or path == "." or path in owned or path in merged or any(t in path for t in TRIPLET.values()):
            continue
        if re.match(r"(proc|sys|dev)/|etc/ld\.so\.cache$|var/cache/ldconfig/|var/lib/dpkg/(status|info/(?!format$))", path):
            continue
        keep.append(path)
    reader = subprocess.Popen(
        ["tar", "-C", native_root, "--no-recursion", "--null", "-T", "-", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    writer = subprocess.Popen(["tar", "-C", root, "-xp", "--keep-directory-symlink", "--numeric-owner"], stdin=reader.stdout)
    reader.stdin.write("\0".join(keep).encode())
    reader.stdin.close()
    if reader.wait() or writer.wait():
        sys.exit("files could not be copied from the native root folder")


def extra_certificates(bundle, stock, target):
    """Writes the certificates of a bundle that are not in the stock folder, one file each."""

    def certificates(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            pems = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", file.read(), re.S)
        return [ssl.PEM_cert_to_DER_cert(pem) for pem in pems]

    known = {cert for path in glob.glob(os.path.join(stock, "*.crt")) for cert in certificates(path)}
    if not known:
        return
    for cert in sorted(set(certificates(bundle)) - known):
        name = hashlib.sha256(cert).hexdigest()[:12]
        with open(os.path.join(target, f"machine-{name}.crt"), "w", encoding="utf-8") as file:
            file.write(ssl.DER_cert_to_PEM_cert(cert))


def cargo_config(home):
    """Prints what a machine's Cargo is told about registries and how to reach them; tokens are left out."""
    import tomllib

    config = {}
    for name in ("config", "config.toml"):
        if os.path.exists(path := os.path.join(home, name)):
            with open(path, "rb") as file:
                config = tomllib.load(file)
    for name, value in os.environ.items():
        if found := re.match(r"CARGO_(HTTP|NET)_(\w+)$", name):
            config.setdefault(found[1].lower(), {})[found[2].lower().replace("_", "-")] = value

    def lines(path, table):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from lines([*path, key], value)
            elif key not in ("token", "secret-key", "cainfo"):
                yield f"{'.'.join(json.dumps(part) for part in [*path, key])} = {json.dumps(value)}"

    for table in ("http", "net", "registries", "registry", "source"):
        for line in lines([table], config.get(table, {})):
            print(line)


def edit(path, *changes):
    """Replaces text in a file: pattern, replacement, ...; each pattern has to be there."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for pattern, replacement in zip(changes[::2], changes[1::2]):
        text, count = re.subn(pattern, replacement, text, flags=re.S | re.M)
        if not count:
            sys.exit(f"{path} does not hold {pattern}: the package has changed")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


{f.__name__: f for f in (unwheel, distroless, foreign, extra_certificates, cargo_config, edit)}[sys.argv[1]](*sys.argv[2:])
