"""What one example costs: builds of each of its files in turn, after one change at a time."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
TABLE = ROOT / "tests/rebuilds.json"
DOCKERFILE = "Dockerfile.reference"
SPECS = ["build.yaml", "preset.yaml"]
COLUMNS = ["cold", "nothing", "source", "dependencies", "base", "arg"]
# The longest that a build may take.
LIMIT = 900
TRIES = 3
STEP = re.compile(r"\[(?!internal\]|context |preset |auth\])[^]]*\] (?!FROM |from |merge |verify )")
METADATA = re.compile(r"\[internal\] load metadata for (\S+)")
# What makes the layer with the program that checks health.
HELPER = "/.optfrontend/helper"
# How often a change is measured. Its steps are the same each time; of short times the median counts.
ROUNDS = {"nothing": 3, "base": 3}


class Fault(Exception):
    """Why an example cannot be measured."""


def examples():
    """Every example that can be built both ways."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if (folder / DOCKERFILE).exists() and (folder / SPECS[0]).exists())


def changes_of(example):
    changes = json.loads(TABLE.read_text()).get(example)
    if changes is None:
        raise Fault(f"{TABLE.relative_to(ROOT)} does not say what to change in it")
    return changes


def docker(*args, text=None):
    done = subprocess.run(["docker", *args], input=text, text=True, capture_output=True)
    if done.returncode:
        raise Fault(f"docker {' '.join(args)}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def lines(path):
    """Lines that say something: neither empty nor a comment."""
    return sum(1 for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#"))


def read_progress(stderr):
    """The steps that ran and those that were cached, by name; the bytes of contexts that the client sent; the images.

    A step is what both frontends give a name with the stage in brackets: a command, a copy, a directory that is made. Loading
    an image, reading a context, telling what a preset found and putting layers upon each other are none.
    """
    vertices, sent = {}, {}
    for line in stderr.splitlines():
        if not line.startswith("{"):
            continue
        status = json.loads(line)
        for vertex in status.get("vertexes") or []:
            vertices.setdefault(vertex["digest"], {}).update({key: value for key, value in vertex.items() if value})
        for part in status.get("statuses") or []:
            if part["id"].startswith("transferring context"):
                sent[part["vertex"], part["id"]] = part.get("current", 0)
    steps = [vertex for vertex in vertices.values() if is_step(vertex["name"])]
    # A step can be several vertices of one name, which clients show as one.
    ran = unique(vertex["name"] for vertex in steps if vertex.get("started") and not vertex.get("cached"))
    cached = unique(vertex["name"] for vertex in steps if vertex.get("cached"))
    images = [found[1] for vertex in vertices.values() if (found := METADATA.match(vertex["name"]))]
    return ran, cached, sum(sent.values()), [name.removeprefix("docker.io/").removeprefix("library/") for name in images]


def said_by(stderr):
    """What a build that failed has said at last: of its steps, and the client itself."""
    log, client = b"", []
    for line in stderr.splitlines():
        if line.startswith("{"):
            log += b"".join(base64.b64decode(part.get("data", "")) for part in json.loads(line).get("logs") or [])
        elif line:
            client.append(line)
    return "\n    ".join([*log.decode(errors="replace").splitlines()[-12:], *client[-1:]])


def unique(names):
    return list(dict.fromkeys(names))


def is_step(name):
    return bool(STEP.match(name))


def layers_of(image):
    return json.loads(docker("image", "inspect", "--format={{json .RootFS.Layers}}", image)) or []


def size_of(image, created_by=""):
    """The bytes of the layers of an image, unpacked; of those that a step of that name has made."""
    told = docker("history", "--no-trunc", "--human=false", "--format={{.Size}} {{.CreatedBy}}", image).splitlines()
    return sum(int(line.split()[0]) for line in told if created_by in line)


class Side:
    """One file of an example, with a copy of the folder and base images that are its own."""

    def __init__(self, work, example, file, changes):
        self.example, self.file, self.changes, self.work = example, file, changes, work
        self.folder = self.copy_of(EXAMPLES / example)
        self.tag = f"optfrontend-rebuild:{uuid.uuid4().hex}"
        self.target = [f"--target={changes['target']}"] if "target" in changes else []
        # What stands in for each image that a stage starts from, and which of them is the final image's.
        self.bases, self.base = {}, None
        self.flags = []
        self.columns = {}
        image = os.environ.get("OPTFRONTEND_IMAGE")
        if image and file != DOCKERFILE:
            self.flags.append(f"--build-arg=BUILDKIT_SYNTAX={image}")

    def copy_of(self, folder):
        """A copy under a name that no folder ever had: by its name alone the daemon knows what of it was sent before."""
        return shutil.copytree(folder, pathlib.Path(self.work, f"{self.example}-{uuid.uuid4().hex}"), copy_function=shutil.copy)

    def prepare(self):
        """Builds all once, so that images and what cache mounts hold are there, and finds the images."""
        self.build_all()
        below = layers_of(self.tag)
        for name in self.images:
            self.bases[name] = f"{self.tag}-base{len(self.bases)}"
            layers = layers_of(name)
            if below[: len(layers)] == layers:
                self.base = name
        self.flags += [f"--build-context={name}=docker-image://{tag}" for name, tag in self.bases.items()]

    def applies(self, column):
        if column == "base":
            return self.base is not None
        if column == "arg":
            # A preset may have no arg for that.
            return column in self.changes and self.changes["arg"] in (EXAMPLES / self.example / self.file).read_text()
        return column in ("cold", "nothing") or column in self.changes

    def change(self, column):
        """Does to the folder, the bases or the flags what the column is about. No two builds are ever given the same."""
        nonce = uuid.uuid4().hex
        if column == "cold":
            self.folder = self.copy_of(self.folder)
            for name in self.bases:
                self.renew(name)
        elif column in ("source", "dependencies"):
            self.edit(self.changes[column], nonce)
        elif column == "base":
            self.renew(self.base)
        elif column == "arg":
            self.flags.append(f"--build-arg={self.changes['arg']}=1.0.0-{nonce}")

    def renew(self, name):
        """Puts an image with one file more under the name that stands in for this one."""
        text = f"FROM {name}\nCOPY <<EOF /usr/share/base-update\n{uuid.uuid4().hex}\nEOF\n"
        docker("buildx", "build", "--quiet", "--provenance=false", "--tag", self.bases[name], "-", text=text)

    def edit(self, edit, nonce):
        path = self.folder / edit["in"]
        old = path.read_text()
        if "append" in edit:
            new = old + edit["append"].replace("NONCE", nonce)
        else:
            new = old.replace(edit["replace"], edit["with"].replace("NONCE", nonce), 1)
        if new == old:
            raise Fault(f"{edit['in']} does not have {edit['replace']!r}")
        path.write_text(new)

    def build_all(self):
        """Builds with no step from the cache. Networks fail: another try does the same again."""
        for left in reversed(range(TRIES)):
            try:
                return self.build("--no-cache")
            except Fault:
                if not left:
                    raise

    def build(self, *flags):
        """The whole command, image and all, as its steps, bytes and seconds."""
        command = ["docker", "buildx", "build", "--progress=rawjson", "--provenance=false", "--tag", self.tag, *self.target, *self.flags, *flags]
        started = time.perf_counter()
        try:
            done = subprocess.run([*command, "--file", self.file, "."], cwd=self.folder, capture_output=True, text=True, timeout=LIMIT)
        except subprocess.TimeoutExpired as expired:
            raise Fault(f"{self.file} is not built after {LIMIT} s") from expired
        seconds = time.perf_counter() - started
        if done.returncode:
            raise Fault(f"{self.file} cannot be built: {said_by(done.stderr)}")
        steps, cached, sent, self.images = read_progress(done.stderr)
        # A layer of its own, which another build may be making at the same time.
        cached = [name for name in cached if HELPER not in name]
        if "--no-cache" in flags and self.bases and cached:
            raise Fault(f"{self.file} takes steps from the cache in a cold build: {', '.join(cached)}")
        return {"steps": steps, "sent": sent, "seconds": seconds}

    def measure(self, column):
        self.change(column)
        measured = self.build_all() if column == "cold" else self.build()
        self.columns.setdefault(column, []).append(measured)
        if column == "cold":
            self.sizes = {
                "size": size_of(self.tag),
                "layers": len(layers_of(self.tag)),
                "helper": size_of(self.tag, HELPER),
                "base": size_of(self.base) if self.base else 0,
            }

    def told(self):
        return {"lines": lines(EXAMPLES / self.example / self.file), "columns": self.columns, **self.sizes}

    def remove(self):
        subprocess.run(["docker", "image", "rm", "--force", self.tag, *self.bases.values()], capture_output=True)


def measure(example, say):
    """Builds an example's files by turns, and tells what each build came to."""
    changes = changes_of(example)
    files = [file for file in [*SPECS, DOCKERFILE] if (EXAMPLES / example / file).exists()]
    with tempfile.TemporaryDirectory(prefix="optfrontend-rebuild-") as work:
        sides = []
        try:
            for file in files:
                sides.append(Side(work, example, file, changes))
            for side in sides:
                side.prepare()
            for column in COLUMNS:
                for number in range(ROUNDS.get(column, 1)):
                    for side in sides[:: -1 if number % 2 else 1]:
                        if side.applies(column):
                            side.measure(column)
                say(f"{column}: " + ", ".join(f"{side.file} {summary(side.columns[column])}" for side in sides if column in side.columns))
            return {"example": example, "kind": changes.get("kind"), "engine": engine(), "files": {side.file: side.told() for side in sides}}
        finally:
            for side in sides:
                side.remove()


def engine():
    """What it is measured on."""
    daemon = json.loads(docker("version", "--format={{json .Server}}"))
    return f"Docker {daemon['Version']} on {os.cpu_count()} processors, {daemon['Arch']}"


def summary(measured):
    return f"{len(measured[-1]['steps'])} steps, {measured[-1]['sent']} bytes, {measured[-1]['seconds']:.1f} s"
