"""What the images are, whether an engine has them, and the archive to load them from.

Layers are files that docker/bases keeps: NAME-KEY-ARCH.tar.gz, and .json beside it with their digests.
"""

import argparse
import hashlib
import io
import json
import os
import re
import string
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "dev.optfrontend.stand-in"
OCI = "application/vnd.oci.image."


def toolchain_versions():
    """Rust is copied from this machine, which has what the repository asks for."""
    with open(os.path.join(HERE, "../../rust-toolchain.toml"), encoding="utf-8") as file:
        rust = re.search(r'^channel *= *"((\d+\.\d+)\.\d+)"', file.read(), re.M)
    return {"rust": rust[1], "rust_minor": rust[2]}


def read_images(native):
    """Every image, variants spelled out, each with all its tags."""
    with open(os.path.join(HERE, "images.json"), encoding="utf-8") as file:
        text = file.read()
    versions = json.loads(text)["versions"] | toolchain_versions()
    book = json.loads(string.Template(text).substitute(versions))
    images = []
    for entry in book["images"]:
        variants = book["variants"].get(entry.pop("variants", None), {"": {}})
        env = {"Env": book["env"][entry.pop("env")]} if "env" in entry else {}
        entry["platforms"] = [native if arch == "native" else arch for arch in entry["platforms"]]
        for tag, more in variants.items():
            image = dict(entry, config={**env, **entry["config"], **more})
            if tag:
                image["tags"] = [f"{name}:{tag}" for name in entry["tags"]]
            images.append(image)
    return versions, images


def select(images, names):
    """The images that the names mean: an exact tag, or a name without tag for all of its tags."""
    if not names:
        return images
    chosen = []
    for name in names:
        found = [i for i in images if any(name in (tag, tag.rsplit(":", 1)[0]) for tag in i["tags"])]
        if not found:
            sys.exit(f"bases: no image is called {name}; `docker/bases list` shows those there are")
        chosen += [i for i in found if i not in chosen]
    return chosen


def inputs(image, keys):
    """Changes when anything that goes into the image does."""
    layers = [keys[name] for name in image["layers"]]
    return hashlib.sha256(json.dumps([layers, image], sort_keys=True).encode()).hexdigest()[:16]


def engine_images(images):
    """Tag -> label of inputs, for the tags that the engine has; '' marks an image that is not ours."""
    tags = [tag for image in images for tag in image["tags"]]
    done = subprocess.run(["docker", "image", "inspect", *tags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    faults = [line for line in done.stderr.splitlines() if line and "no such image" not in line.lower()]
    if done.returncode and (faults or not done.stdout.lstrip().startswith("[")):
        cause = faults[0].split(". ")[0] if faults else "docker image inspect failed"
        sys.exit(f"bases: found no engine to load images into ({cause}); for one of our own: docker/engine up, then eval \"$(docker/engine env)\"")
    have = {}
    for found in json.loads(done.stdout):
        labels = (found.get("Config") or {}).get("Labels") or {}
        for tag in found.get("RepoTags") or []:
            have[tag] = labels.get(MARK + ".inputs", "")
    return have


def check(images, keys, force):
    """For each image: have (as it should be), make, or foreign (the engine has a real one under a tag)."""
    have = engine_images(images)
    for image in images:
        states = [have.get(tag) for tag in image["tags"]]
        if all(state == inputs(image, keys) for state in states):
            state = "have"
        elif any(state == "" for state in states) and not force:
            state = "foreign"
        else:
            state = "make"
        print(state, image["tags"][0], ",".join(image["layers"]))


class Archive:
    """A tar stream that holds each blob once: an OCI layout, and Docker's older manifest.json."""

    def __init__(self, stream):
        self.tar = tarfile.open(fileobj=stream, mode="w|")
        self.blobs = set()

    def add(self, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def blob(self, value, media_type):
        data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self.blobs:
            self.blobs.add(digest)
            self.add("blobs/sha256/" + digest, data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def layer(self, path, meta):
        digest = meta["digest"].split(":")[1]
        if digest not in self.blobs:
            self.blobs.add(digest)
            info = tarfile.TarInfo("blobs/sha256/" + digest)
            info.size = meta["size"]
            with open(path, "rb") as file:
                self.tar.addfile(info, file)
        return {"mediaType": OCI + "layer.v1.tar+gzip", "digest": meta["digest"], "size": meta["size"]}


def full_name(tag):
    """The name as registries know it."""
    first = tag.split("/")[0]
    if "/" in tag and "." in first:
        return tag
    return "docker.io/" + (tag if "/" in tag else "library/" + tag)


def archive(images, keys, layers_dir, native, stream):
    out = Archive(stream)
    index, old = [], []
    for image in images:
        manifests = []
        note = f" ({image['note']})" if "note" in image else ""
        for arch in image["platforms"]:
            layers, metas = [], []
            for name in image["layers"]:
                path = os.path.join(layers_dir, f"{name}-{keys[name]}-{arch}")
                with open(path + ".json", encoding="utf-8") as file:
                    metas.append(json.load(file))
                layers.append(out.layer(path + ".tar.gz", metas[-1]))
            created = max(meta["created"] for meta in metas)
            config = {
                "architecture": arch,
                "os": "linux",
                "created": created,
                "config": dict(
                    image["config"],
                    Labels={
                        "org.opencontainers.image.description": f"stand-in for {image['tags'][0]}{note}, "
                        "made from Debian packages for optfrontend's tests",
                        MARK: "true",
                        MARK + ".inputs": inputs(image, keys),
                    },
                ),
                "rootfs": {"type": "layers", "diff_ids": [meta["diff_id"] for meta in metas]},
                "history": [{"created": meta["created"], "created_by": f"docker/bases: {name}"} for name, meta in zip(image["layers"], metas)],
            }
            if arch == "arm64":
                config["variant"] = "v8"
            config_blob = out.blob(config, OCI + "config.v1+json")
            manifest = out.blob(
                {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config_blob, "layers": layers},
                OCI + "manifest.v1+json",
            )
            manifest["platform"] = {k: config[k] for k in ("architecture", "os", "variant") if k in config}
            manifests.append(manifest)
            if arch == native:
                blob = "blobs/sha256/{}".format
                old.append(
                    {
                        "Config": blob(config_blob["digest"].split(":")[1]),
                        "RepoTags": image["tags"],
                        "Layers": [blob(layer["digest"].split(":")[1]) for layer in layers],
                    }
                )
        whole = out.blob({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": manifests}, OCI + "index.v1+json")
        for tag in image["tags"]:
            annotations = {"io.containerd.image.name": full_name(tag), "org.opencontainers.image.ref.name": tag.rsplit(":", 1)[1]}
            index.append(dict(whole, annotations=annotations))
    out.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    out.add("index.json", json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": index}).encode())
    out.add("manifest.json", json.dumps(old).encode())
    out.tar.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["list", "versions", "check", "archive"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--keys", default="", help="lines of LAYER=KEY")
    parser.add_argument("--layers", default="")
    parser.add_argument("--native", default="amd64")
    parser.add_argument("--force", action="store_true")
    args = parser.parse_intermixed_args()
    versions, images = read_images(args.native)
    if args.command == "versions":
        for name, version in versions.items():
            print(f"version_{name}={version}")
        return
    keys = dict(line.split("=") for line in args.keys.splitlines())
    images = select(images, args.names)
    if args.command == "list":
        for image in images:
            print(f"{' '.join(image['tags']):76} {','.join('linux/' + arch for arch in image['platforms'])}")
    elif args.command == "check":
        check(images, keys, args.force)
    else:
        archive(images, keys, args.layers, args.native, sys.stdout.buffer)


main()
