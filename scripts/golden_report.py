#!/usr/bin/env python3
"""Sums up what golden.py found: equal and total by area, what differs, and whether a step that was
equal before no longer is. Exit status 1 in that last case."""
import argparse
import collections
import json
import pathlib
import re
import sys


def area(path):
    """The first segments of a path that are words: /api/v1/accounts/{id}/… is api/v1/accounts."""
    words = []
    for segment in path.split("?")[0].strip("/").split("/"):
        if not segment or segment.startswith(("{", "@")) or len(words) == 3:
            break
        words.append(segment)
        if not re.fullmatch(r"api|v\d+", segment):
            break
    return "/".join(words) or "/" + path.strip("/")[:1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", required=True, type=pathlib.Path)
    parser.add_argument("--equal", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("runs", nargs="+", help="NAME=STEPS.json")
    args = parser.parse_args()

    areas = collections.defaultdict(lambda: [0, 0])
    equal, asked, differing, closing = set(), set(), [], []
    for run in args.runs:
        name, steps = run.split("=", 1)
        found = json.loads((args.report / f"{name}.json").read_text())
        for step in json.loads(pathlib.Path(steps).read_text()):
            key, differences = f"{name} {step['name']}", found[step["name"]]
            asked.add(key)
            total = areas[f"{name} {area(step['path'])}"]
            total[1] += 1
            if differences:
                differing.append((key, step, differences))
            else:
                total[0] += 1
                equal.add(key)
        lines = (args.report / f"{name}.txt").read_text().strip().splitlines()
        closing.append((name, lines[-1]))

    print("\nwhat differs (details are in the .txt files of", f"{args.report})")
    for key, step, differences in differing:
        more = f" (+{len(differences) - 1})" if len(differences) > 1 else ""
        print(f"  {key}  {step['method']} {step['path']}: {differences[0][:100]}{more}")

    print("\nequal  total  area")
    for name, (same, total) in sorted(areas.items()):
        print(f"{same:5}  {total:5}  {name}")

    known = set(args.equal.read_text().splitlines()) if args.equal.exists() else set()
    known = {line for line in known if line and not line.startswith("#")}
    lost = sorted(known & asked - equal)
    gained = sorted(equal - known)
    if args.update:
        kept = (known - asked) | equal
        head = "# Steps that are answered as the recorded server answers them; written by ./dev golden --update\n"
        args.equal.write_text(head + "".join(f"{key}\n" for key in sorted(kept)))
        print(f"\n{args.equal.name}: {len(kept)} steps ({len(gained)} new, {len(lost)} gone)")
    else:
        if gained:
            print(f"\n{len(gained)} steps are equal that are not in the list; ./dev golden --update adds them")
        if lost:
            print(f"\n{len(lost)} steps were equal before and are not now:")
            for key in lost:
                print(f"  {key}")
    print()
    for name, line in closing:
        print(f"{name}:")
        print(line)
    return 1 if lost and not args.update else 0


if __name__ == "__main__":
    sys.exit(main())
