"""Runs sets under KVM in an outer guest, and under TCG natively: the verdicts must be the same."""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from avocado_pin.base.progress import step
from selftests.nested import jobs, outer
from selftests.nested.jobs import Set


def main() -> int:
    """Run what the command line asks for; 1 if a verdict differs."""
    parser = argparse.ArgumentParser(prog="python3 -m selftests.nested", description=__doc__)
    parser.add_argument("--sets", nargs="+", default=["pin_smoke", "pin_driver", "pin_tests"])
    parser.add_argument("--kernels", nargs="+", default=["bookworm", "trixie_backports"])
    parser.add_argument("--memory-mib", type=int, default=7168, help="of an outer guest")
    parser.add_argument("--folder", type=Path, help="stays, with the results (default: removed)")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    # As Ctrl-C: what runs is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    folder = args.folder or Path(tempfile.mkdtemp(prefix="avocado-pin-nested-", dir="/var/tmp"))
    try:
        return _compare(folder.resolve(), args.sets, args.kernels, args.memory_mib)
    finally:
        if not args.folder:
            shutil.rmtree(folder)


def _compare(folder: Path, names: list[str], kernels: list[str], memory_mib: int) -> int:
    with step("root of the outer system"):
        root = outer.make(folder / "root", folder / "log")
    with step("the project in it"):
        outer.set_up(root, kernels)
    with step("disk of the outer guest"):
        outer.make_image(root)
    tests = {name: outer.tests_of(root, name) for name in names}
    sets = [Set(name, kernel, tests[name]) for kernel in kernels for name in names]
    parts = [part for each in sets for part in each.parts]
    with step("the sets under TCG"):
        natively = outer.run_natively(root, parts)
    with step("the sets under KVM"):
        nested = outer.run_in_guest(root, parts, memory_mib)
    ran = [(each, jobs.read(natively, each), jobs.read(nested, each)) for each in sets]
    for each, tcg, kvm in ran:
        print(f"\n{jobs.table(each, tcg, kvm)}")
    print("\nguests:", *(f"{n} {what}" for what, n in jobs.guests(r for _, _, r in ran).items()))
    found = [f"{e.name} on {e.kernel}: {d}" for e, t, k in ran for d in jobs.differences(e, t, k)]
    print("\n".join(["", *found, f"{len(found)} differences, expected 0"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
