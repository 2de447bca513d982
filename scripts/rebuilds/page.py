"""docs/rebuilds.md, from what was measured."""

import json
import statistics

from .measure import COLUMNS, DOCKERFILE, ROOT, SPECS, TABLE, is_step

PAGE = ROOT / "docs/rebuilds.md"
# Its table of sizes is written too, between two comments.
EXAMPLES = ROOT / "examples/README.md"
MARKS = ["<!-- Written by `make bench-rebuild`: -->\n", "<!-- until here. -->\n"]
TITLES = {
    "cold": "cold",
    "nothing": "no change",
    "source": "a source line",
    "dependencies": "a dependency",
    "base": "base image",
    "arg": "a version arg",
}
# Megabytes that an image of that kind is to stay below.
LIMITS = {"Go": 30, "Node": 150, "Python": 200}
# A preset's spec is to have the Dockerfile's lines divided by this.
SHARE = 5
# Sizes that are no further apart are the same: manifests that a copy of the project has, times in archives.
SLACK = 64 * 1024
# The columns in which fewer steps are to run.
FEWER = 3
NONE = "–"

INTRO = """<!-- Written by `make bench-rebuild`. -->

# What is built again

Each [example](../examples), by its `build.yaml`, by its `preset.yaml` where it has one, and by the `Dockerfile.reference` beside them: {engine}.
The files of an example take turns, change by change, so the two figures of a cell are from the same minute. `make bench-rebuild` measures all anew and writes
this page; [benchmarks.md](benchmarks.md) has what the frontend itself costs.

A cell is ours / the Dockerfile's. The changes, each on top of those before:

- **cold**: `--no-cache`, new images under every base's name, a folder that was never sent. Cache mounts hold what an earlier build left: how fast a
  network is says nothing about a frontend.
- **no change**: the same again.
- **a source line**: a text that the program shows.
- **a dependency**: a line of the lockfile, or of `go.mod` where there is no lockfile.
- **base image**: the final image's base has the same name and one file more. An image from scratch has none.
- **a version arg**: another `--build-arg` for the arg that stamps a version.

What exactly is changed says [tests/rebuilds.json](../tests/rebuilds.json); – stands where an example has no such thing.
"""

STEPS = """
## Steps that ran again

A step is a vertex of the build's progress whose name begins with its stage in brackets, as both frontends name commands, copies and directories that they make, and
that is not marked as cached. Loading images and contexts, telling what a preset found, putting layers upon each other, and checks
by `verify`, which those Dockerfiles do without, are no steps. With `--no-cache`, and after a change, BuildKit
itself decides what runs: a step whose inputs have the same content as before is cached.
"""

SENT = """
## Bytes of the context that were sent

All that the client says it transferred, for contexts and ignore files. Names and times of files are sent again each time, contents where they changed. Each file of an
example is built in a folder of a name of its own, as daemons know by that name what they have of a folder. What a preset or `install` looks into to find out what to do, such as a
lockfile, is sent for that too where it has changed: twice in all.
"""

SECONDS = """
## Seconds

The whole `docker buildx build --tag`, image and all, and what ours takes of the Dockerfile's. The median of three where nothing runs or only the base is new, else a single
build: differences of a fifth say nothing, and where a package manager runs, the time of its registry is in them: a request that hangs makes minutes of seconds. Of each of our builds, {floor} are what [any frontend image costs](benchmarks.md#warm-build) on a machine as busy as in this run.
"""

SIZES = """
## Images and files

Megabytes are the unpacked layers, as `docker history` shows them. Lines are those that are neither empty nor a comment. Presets of services have a program of {helper} MB
that checks their health, in images without a shell too; Dockerfiles have to bring one of their own, or the interpreter that is there anyway. Sizes up to 64 KiB apart count as the same.
"""


def write(results):
    """Writes the page and returns what there is to complain of."""
    done = [result for result in results if "fault" not in result]
    faults = [f"{result['example']} was not measured: {result['fault'].splitlines()[0]}" for result in results if "fault" in result]
    pairs = [Pair(result, spec) for result in done for spec in SPECS if spec in result["files"]]
    engines = sorted({result["engine"] for result in done})
    aims = list(all_aims(pairs))
    parts = [
        INTRO.format(engine="; ".join(engines)),
        aims_text(aims, faults),
        reasons(aims),
        STEPS,
        table(pairs, TITLES.values(), lambda pair: [steps_cell(pair, column) for column in COLUMNS]),
        SENT,
        table(pairs, TITLES.values(), lambda pair: [sent_cell(pair, column) for column in COLUMNS]),
        SECONDS.format(floor=floor(pairs)),
        table(pairs, TITLES.values(), lambda pair: [seconds_cell(pair, column) for column in COLUMNS]),
        SIZES.format(helper=f"{max((pair.ours['helper'] for pair in pairs), default=0) / 1e6:.1f}"),
        table(pairs, ["megabytes", "layers", "lines"], sizes),
    ]
    PAGE.write_text("".join(parts))
    write_sizes(done)
    return faults + [f"missed: {aim}: {', '.join(where)}" for aim, where in aims if where]


def write_sizes(results):
    """Puts the table of sizes into the page of the examples."""
    rows = [["", "lines: `build.yaml`", "`preset.yaml`", "`Dockerfile.reference`", "MB: `build.yaml`", "`preset.yaml`", "`Dockerfile.reference`"]]
    rows.append(["---"] * len(rows[0]))
    for result in results:
        files = [result["files"].get(file) for file in [*SPECS, DOCKERFILE]]
        lines = [str(file["lines"]) if file else NONE for file in files]
        rows.append([f"[{result['example']}]({result['example']})", *lines, *(f"{file['size'] / 1e6:.2f}" if file else NONE for file in files)])
    before, rest = EXAMPLES.read_text().split(MARKS[0])
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    EXAMPLES.write_text("".join([before, MARKS[0], "\n", text, "\n", MARKS[1], rest.split(MARKS[1])[1]]))


class Pair:
    """A spec of an example and the Dockerfile."""

    def __init__(self, result, spec):
        self.spec, self.kind = spec, result["kind"]
        self.name = f"{result['example']}" + ("" if spec == SPECS[0] else f", `{spec}`")
        self.ours, self.theirs = result["files"][spec], result["files"][DOCKERFILE]

    def both(self, column, value):
        """What a column comes to on both sides; None where the example has no such change."""
        sides = [side["columns"].get(column) for side in (self.ours, self.theirs)]
        return None if None in sides else [value(side) for side in sides]

    def steps(self, column):
        return self.both(column, lambda builds: max(sum(map(is_step, build["steps"])) for build in builds))

    def sent(self, column):
        return self.both(column, lambda builds: max(build["sent"] for build in builds))

    def seconds(self, column):
        return self.both(column, lambda builds: statistics.median(build["seconds"] for build in builds))


def steps_cell(pair, column):
    return cell(pair.steps(column), str)


def sent_cell(pair, column):
    return cell(pair.sent(column), lambda number: f"{number:,}".replace(",", " "))


def seconds_cell(pair, column):
    found = pair.seconds(column)
    return cell(found, lambda number: f"{number:.1f}") + (f" = {found[0] / found[1]:.2f}" if found else "")


def sizes(pair):
    return [
        cell([pair.ours["size"], pair.theirs["size"]], lambda number: f"{number / 1e6:.2f}"),
        cell([pair.ours["layers"], pair.theirs["layers"]], str),
        cell([pair.ours["lines"], pair.theirs["lines"]], str),
    ]


def cell(both, text):
    return f"{text(both[0])} / {text(both[1])}" if both else NONE


def table(pairs, titles, cells):
    rows = [["", *titles], ["---", *("---" for _ in titles)], *([pair.name, *cells(pair)] for pair in pairs)]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def floor(pairs):
    """What a build without a change takes longer, as a text."""
    longer = [found[0] - found[1] for pair in pairs if (found := pair.seconds("nothing"))]
    return f"some {statistics.median(longer) * 1000:.0f} ms" if longer else NONE


def all_aims(pairs):
    """Each aim, and where it is missed."""
    more = [f"{pair.name} ({TITLES[column]})" for pair in pairs for column in COLUMNS if (found := pair.steps(column)) and found[0] > found[1]]
    yield "never more steps than the Dockerfile", more
    sums = {column: [sum(side) for side in zip(*filter(None, (pair.steps(column) for pair in pairs)))] for column in COLUMNS}
    fewer = [column for column, found in sums.items() if found and found[0] < found[1]]
    shown = ", ".join(f"{TITLES[column]} {sums[column][0]} / {sums[column][1]}" for column in fewer)
    yield f"fewer steps, over all examples, in at least {FEWER} columns ({shown})", [] if len(fewer) >= FEWER else ["there are fewer"]
    larger = [pair.name for pair in pairs if pair.ours["size"] - pair.ours["helper"] > pair.theirs["size"] + SLACK]
    yield "never a larger image than the Dockerfile's, but for the program that checks health", larger
    presets = [pair for pair in pairs if pair.spec != SPECS[0]]
    if presets:
        long = [pair.name for pair in presets if pair.ours["lines"] * SHARE > pair.theirs["lines"]]
        yield "a `preset.yaml` has at most a fifth of the Dockerfile's lines", long
    for kind, limit in LIMITS.items():
        found = [pair for pair in pairs if pair.kind == kind]
        if found:
            yield f"an image in {kind} stays below {limit} MB", [too_large(pair) for pair in found if pair.ours["size"] >= limit * 1e6]


def reasons(aims):
    """Why aims are missed, as far as the table of changes says so of an example."""
    missed = " ".join(name for _, where in aims for name in where)
    whys = {name: changes.get("why") for name, changes in json.loads(TABLE.read_text()).items() if name in missed}
    lines = [f"- {name}: {why}\n" for name, why in whys.items() if why]
    return "\nWhy:\n\n" + "".join(lines) if lines else ""


def too_large(pair):
    return f"{pair.name} ({pair.ours['size'] / 1e6:.1f}, of which the base of the Dockerfile has {pair.theirs['base'] / 1e6:.1f})"


def aims_text(aims, faults):
    lines = [f"- {'Missed' if where else 'Met'}: {aim}{': ' + ', '.join(where) if where else ''}.\n" for aim, where in aims]
    return "\n## Aims\n\n" + "".join(lines + [f"- {fault}.\n" for fault in faults])
