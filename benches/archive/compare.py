"""Runs `repartee corpus build` and reference.py on the same posts, in turn, and compares pairs and times.

    python3 compare.py ARCHIVE BUILDER [ROUNDS] > result.json

BUILDER is the program `repartee`, or the example `build` of the crate repartee-archive, both optimised. The files must
be equal byte by byte, and so must be what both count: the reasons in COUNTED. Times are those of whole processes, start
included; medians of the rounds are compared.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

COUNTED = {
    "changed": ["mentions", "hashtags", "emoji"],
    "dropped": ["other-language", "empty", "special-characters", "character-share", "same-day-duplicates", "repeated-id"],
    "faults": ["malformed-json", "conflicting-id"],
}
HERE = os.path.dirname(os.path.abspath(__file__))


def timed(command):
    """Wall-clock and processor seconds of a process, and what it printed."""
    before, start = os.times(), time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    wall, after = time.perf_counter() - start, os.times()
    processor = after.children_user - before.children_user + after.children_system - before.children_system
    return (wall, processor), output


def counts_of(report):
    """The counts of our report that reference.py makes, too."""
    return {name: report[group].get(name, {"count": 0})["count"] for group, names in COUNTED.items() for name in names}


def digest(path):
    with open(path, "rb") as file:
        return file.read()


def main(archive, builder, rounds="5"):
    is_program = os.path.basename(builder).startswith("repartee")
    start, json_option = ([builder, "corpus", "build"], ["--json"]) if is_program else ([builder], [])
    times = {"repartee": [], "python": []}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = os.path.join(folder, "ours"), os.path.join(folder, "theirs")
        years = ["--train", "2017,2018", "--test", "2019", "--test-contexts", "1000000000"]
        for _ in range(int(rounds)):
            seconds, output = timed([*start, archive, "--out", ours, *years, "--overwrite", *json_option])
            times["repartee"].append(seconds)
            times["python"].append(timed([sys.executable, os.path.join(HERE, "reference.py"), archive, theirs])[0])
        equal = {split: digest(f"{ours}/{split}.jsonl") == digest(f"{theirs}/{split}.jsonl") for split in ("train", "test")}
        counts = {split: digest(f"{theirs}/{split}.jsonl").count(b"\n") for split in ("train", "test")}
        with open(os.path.join(theirs, "report.json"), encoding="utf-8") as file:
            their_counts = json.load(file)["counts"]
    our_counts = counts_of(json.loads(output))
    equal["counts"] = our_counts == {name: their_counts.get(name, 0) for name in our_counts}
    wall = {who: statistics.median(wall for wall, _ in runs) for who, runs in times.items()}
    processor = {who: statistics.median(processor for _, processor in runs) for who, runs in times.items()}
    result = {
        "equal": equal,
        "pairs": counts,
        "counts": our_counts,
        "wall_seconds": wall,
        "processor_seconds": processor,
        "times_faster": wall["python"] / wall["repartee"],
        "times_less_processor_time": processor["python"] / processor["repartee"],
        "runs": times,
    }
    json.dump(result, sys.stdout, indent=1)
    print()
    if not all(equal.values()) or not all(counts.values()):
        sys.exit("the pairs or the counts differ, or there are no pairs")


if __name__ == "__main__":
    main(*sys.argv[1:])
