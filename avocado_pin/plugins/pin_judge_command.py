"""The command `avocado pin-judge`."""

import json
import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from avocado.core.plugin_interfaces import CLICmd

LOG = logging.getLogger("avocado.app")


class PinJudge(CLICmd):  # type: ignore[misc]
    """Judges page pinning tests that have ended again, by the files that they left."""

    name = "pin-judge"
    description = "Judge page pinning tests again by what they left, without a guest"

    def configure(self, parser: ArgumentParser) -> None:
        """Add the command with its options."""
        parser = super().configure(parser)
        parser.add_argument(
            "pin_folders",
            nargs="+",
            type=Path,
            metavar="FOLDER",
            help="results of a job or of a test, such as ~/avocado/job-results/latest",
        )
        parser.add_argument("--json", action="store_true", dest="pin_json", help="print JSON")

    def run(self, config: dict[str, Any]) -> int:
        """Do it, and return 0 if all is PASS, 1 with a FAIL, 2 if something was not judged."""
        # Its import takes time that every other avocado command should not pay.
        from avocado_pin.judging import pin_judge

        found = []
        for again in pin_judge.judge_again(config["pin_folders"]):
            found.append(again)
            for line in () if config["pin_json"] else again.lines():
                LOG.info("%s", line)
        if config["pin_json"]:
            LOG.info("%s", json.dumps([again.json() for again in found], indent=1))
        return pin_judge.exit_code(found)
