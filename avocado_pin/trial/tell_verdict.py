"""The verdict as others read it: verdict.json, which is also the test's whiteboard."""

import json
import platform
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from avocado_pin import VERSION
from avocado_pin.base import architecture
from avocado_pin.base.artifacts import VERDICT, Artifacts
from avocado_pin.base.phases import Phases
from avocado_pin.evidence.records import Start
from avocado_pin.judging.test_folder import Judged
from avocado_pin.judging.verdict_json_fields import (
    SCHEMA,
    Environment,
    Told,
    in_words,
    word_on_the_kernel,
)
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import binary
from avocado_pin.qemu.accelerator import Choice
from avocado_pin.rules.judge import CANCEL, ERROR, FAIL


def environment(image: GuestImage, choice: Choice) -> Environment:
    """Return what a verdict is reached with: the host and what the guest is to run on."""
    qemu = binary.find(architecture.of(image.architecture))
    return Environment(
        avocado_pin=VERSION,
        host=platform.platform(),
        accelerator=choice.accelerator,
        accelerator_reason=choice.reason,
        accelerator_option=binary.accelerator_option(choice.accelerator, qemu),
        cpu_model=choice.cpu_model,
        qemu_version=".".join(map(str, binary.version(qemu))),
        kernel=image.kernel.name,
        kernel_flavour=image.kernel.flavour,
        kernel_asked=image.kernel.release,
        kernel_version=image.kernel.version,
        kernel_release=None,
    )


class Report:
    """What is told of one test, collected as it goes.

    :param environment: what environment() returned
    """

    def __init__(self, environment: Environment):
        self._environment = msgspec.structs.replace(environment)
        self.phases = Phases()

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Take the time of a step of the test, also of one that fails."""
        return self.phases.phase(name)

    def add_guest(self, boot: str, tests: int) -> None:
        """Take over where the guest came from.

        :param boot: fresh, restored or reused
        :param tests: how many it has served, this one included
        """
        self._environment.guest_boot = boot
        self._environment.guest_tests = tests

    def add_driver(self, version: str) -> None:
        """Take over the version of the driver that was built."""
        self._environment.driver_version = version

    def add_start(self, start: Start) -> None:
        """Take over what only the workload knew."""
        self._environment.driver_abi = start.driver_abi
        self._environment.page_size = start.page_size

    def text(self, judged: Judged) -> str:
        """Return the text of verdict.json (docs/verdict.md)."""
        value = Told(
            schema=SCHEMA,
            test=judged.variant.name,
            status=judged.verdict.status,
            text=told(judged),
            kernel_warned_before=judged.warned_before,
            newer_than_seen=judged.variant.newer_than_seen,
            rules=judged.verdict.rules,
            variant=in_words(judged.variant),
            expected=judged.expected,
            of_some_kernels=list(judged.variant.differences),
            environment=msgspec.structs.replace(
                self._environment, kernel_release=judged.release or None
            ),
            phases_s=self.phases.seconds,
            phases_began=self.phases.began,
        )
        return json.dumps(msgspec.to_builtins(value), indent=1) + "\n"

    def conclude(self, test: Any, artifacts: Artifacts, judged: Judged) -> None:
        """Write verdict.json and the whiteboard, and give Avocado the status.

        :param test: Avocado-VT's test
        """
        text, status, reason = self.text(judged), judged.verdict.status, told(judged)
        test.whiteboard = text
        artifacts.write(VERDICT, text)
        give = {FAIL: test.fail, ERROR: test.error, CANCEL: test.cancel}
        if status in give:
            give[status](reason)
        test.log.info("%s", reason)


def told(judged: Judged) -> str:
    """Return the verdict's sentence, and what is to be said of the kernel beside it."""
    word = word_on_the_kernel(judged.variant.newer_than_seen, judged.warned_before)
    return f"{judged.verdict.text}; {word}" if word else judged.verdict.text
