# SPDX-License-Identifier: BSD-2-Clause
"""One fault at a time in a scenario, and what the client beside it suffered: what scripts/attack
and scripts/attack-table have in common. Each run is held against the same scenario without the
fault."""
import itertools
import json
import os
import shlex
import shutil
import struct
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEGMENT = 24, 16  # bytes of a capture's head, and of each frame's
AT, PERIOD = "20 ms", "200 us"  # from when on, and how often
BOUND = 4.0  # a degraded 99th percentile is at most so many times its own

# Numbers worth trying, beside every choice of every key that has choices. A row of `None` leaves
# all at their defaults. `only`: for which choices of which key the numbers mean something.
KINDS = {
    "queue_index": [{"numbers": {"amount": [1, 30000]}, "only": {"how": ["beyond", "backwards"]}}],
    "descriptor": [
        {"numbers": {"length": [1, 2049, 65535]}, "only": {"what": ["length"]}},
        {"numbers": {"offset": [2047, 65535]}, "only": {"what": ["misaligned", "beyond"]}},
        {"numbers": {"pool": [1]}, "only": {"what": ["pool"]}},
        {"numbers": {"times": [64]}, "only": {"what": ["another", "unheld", "random"]}},
    ],
    "duplicate": [{"numbers": {"age": [2, 64], "times": [64]}}],
    "reuse": [{"numbers": {"offset": [14], "bytes": [2034], "depth": [64]}}],
    "hoard": [{"numbers": {"amount": [1]}}],
    "spoof": [{"numbers": {"bytes": [14, 1519, 2048], "times": [64]}}],
    "signal": [{"numbers": {"times": [1024]}}],
    "refill": [{"numbers": {"for": ["10 us"]}}],
    "withhold": [{"numbers": {"spare": [1]}}],
    "call": [{"numbers": {"times": [64], "words": [0, 4]}}],
    "scribble": [{"numbers": {"words": [1024]}}],
    "stray": [{"numbers": {"offset": [4096]}}],
    "spin": [{"numbers": {"busy": ["100 us"]}}],
    "stop": [],
    "crash": [],
    "fuzz": [{"numbers": {"moves": [1, 16]}}],
}
# Choices that would be of no use, or need something that not every domain has.
SPARED = {("descriptor", "ring"), ("duplicate", "ring"), ("spoof", "ring"), ("fuzz", "deaf")}

BAD = {"breached", "not reached", "differs"}


class Trouble(Exception):
    pass


class Refused(Exception):
    pass


def schema_choices(sddfsim):
    """By kind: what each key with choices may be, as the program itself documents it."""
    said = subprocess.run([sddfsim, "schema"], capture_output=True, check=True).stdout
    kinds = json.loads(said)["properties"]["faults"]["items"]["oneOf"]
    found = {}
    for kind in kinds:
        name = kind["properties"]["kind"]["const"]
        found[name] = {key: of["enum"] if "enum" in of else [True, False]
                       for key, of in kind["properties"].items()
                       if "enum" in of or of.get("type") == "boolean"}
    return found


def variants(kind, choices):
    """Every combination of choices, then the numbers where they mean something."""
    keys = [key for key in choices if (kind, key) not in SPARED]
    rows = [dict(zip(keys, values)) for values in itertools.product(*(choices[k] for k in keys))]
    more = []
    for extra in KINDS[kind]:
        for key, values in extra["numbers"].items():
            for row, value in itertools.product(rows, values):
                if all(row.get(k) in v for k, v in extra.get("only", {}).items()):
                    more.append(dict(row, **{key: value}))
    return rows + more


def frames_of(path):
    """The frames of a capture, without their times."""
    with open(path, "rb") as capture:
        data = capture.read()
    at, frames = SEGMENT[0], []
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + SEGMENT[1]:at + SEGMENT[1] + length])
        at += SEGMENT[1] + length
    return frames


class Attack:
    def __init__(self, build, scenario, victim="victim", bound=BOUND, sets=()):
        self.sddfsim = os.path.join(build, "sddfsim")
        self.scenario, self.victim, self.bound, self.sets = scenario, victim, bound, list(sets)
        self.work = tempfile.mkdtemp(prefix="attack.")
        self.alone = {}

    def command(self, fault, seed, executor):
        values = self.sets + ([] if fault is None else ["/faults=" + json.dumps([fault])])
        sets = [word for value in values for word in ("--set", value)]
        return [self.sddfsim, "run", self.scenario, "--clock", "virtual", "--executor", executor,
                "--seed", str(seed)] + sets

    def run(self, name, fault, seed, executor="fiber"):
        """What came of it: the report, the victim's frames, the command that repeats it."""
        out = os.path.join(self.work, name)
        command = self.command(fault, seed, executor)
        done = subprocess.run(command + ["-q", "-o", out], capture_output=True, text=True,
                              timeout=600, check=False)
        if done.returncode == 2 and fault is not None and " error: faults[0]: " in done.stderr:
            raise Refused(done.stderr.split(" error: faults[0]: ", 1)[1].strip())
        if done.returncode not in (0, 1):
            raise Trouble("exit status %d of %s\n%s" % (done.returncode, shlex.join(command),
                                                        done.stderr))
        with open(os.path.join(out, "report.json"), encoding="utf-8") as report:
            result = {"report": json.load(report), "repeat": command}
        for way in ("rx", "tx"):
            result[way] = frames_of(os.path.join(out, "captures",
                                                 "%s-%s.pcap" % (self.victim, way)))
        shutil.rmtree(out)
        return result

    def baseline(self, seed, executor="fiber"):
        self.alone[seed] = self.run("alone-%d" % seed, None, seed, executor)

    def held(self, result, seed):
        """What run() found, against the same without the fault."""
        report, alone = result["report"], self.alone[seed]
        p99 = [r["latency_ns"].get(self.victim, {}).get("p99", 0)
               for r in (report, alone["report"])]
        judged = {
            "acted": report["faults"][0]["acted"],
            "lost": len(alone["rx"]) - len(result["rx"]),
            "unsent": len(alone["tx"]) - len(result["tx"]),
            "same": result["rx"] == alone["rx"] and result["tx"] == alone["tx"],
            "ratio": p99[0] / p99[1] if p99[1] else 0.0,
            "findings": [finding["text"] for check in report["checks"]
                         for finding in check["findings"]],
            "repeat": result["repeat"],
        }
        return dict(judged, verdict=self.verdict(judged))

    def verdict(self, judged):
        if judged["acted"] == 0:
            return "not reached"
        if not judged["same"] or judged["findings"] or judged["ratio"] > self.bound:
            return "breached"
        return "degraded" if judged["ratio"] > 1.1 else "contained"

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)
