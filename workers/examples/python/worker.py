#!/usr/bin/python3
"""worker.py - an example of a department's worker: pulls the duties of its unit, does them, hears what became of them.

    worker.py --unit C11 --key c11 --command ../department.sh

    pull 取任务 -> show the case -> sign 签收 -> contact 先行联系 -> work -> answer 办结 ... -> the case is closed 结案

The department's own part is `--command`, a program that is given a step and the case (see department.sh); a department that has
its system in Python puts it into `reach_citizen` and `solve` instead.

It may be killed at any moment. The lease of what it had in hand lapses, the duty is handed out again, and each step has a request
id made from the duty, so that a step that was done is not done twice.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys

from huying import MAJOR, Huying, Refused

WAIT_MS = 30_000  # of a long poll: how long the dispatcher may keep an answer until there is something
GOODBYE_S = 3  # for the last words of a worker that stops
# The duty is no longer ours to do: somebody else did it, has it, or the case went another way.
NOT_OURS = {"ALREADY", "BAD_STATE", "NOT_FOUND", "NOT_YOURS", "LEASED"}


class NotNow(Exception):
    """The department cannot do this step now."""


def say(*words):
    print(*words, flush=True)


class Worker:
    def __init__(self, huying, options):
        self.huying = huying
        self.options = options
        self.lease_ms = options.lease * 1000
        self.in_hand = {}  # duty id: task

    async def run(self):
        hello = await self.huying.ask("hello", {"major": MAJOR})  # another major version is refused
        say(f"ready {hello['actor']} at {hello['district']}, protocol {hello['major']}.{hello['minor']}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self.duties(group))
            group.create_task(self.events(hello["seq"]))

    # --- duties ---

    async def duties(self, group):
        """Never pulls more than it can do at once: what it does not take is there for other workers of the unit."""
        while True:
            while len(self.in_hand) >= self.options.credit:
                await asyncio.wait(self.in_hand.values(), return_when=asyncio.FIRST_COMPLETED)
            answer = await self.huying.ask("pull", {
                "worker": self.options.worker, "unit": self.options.unit, "kind": "lead", "lease": self.lease_ms, "wait": WAIT_MS,
                "count": self.options.credit - len(self.in_hand)})
            for duty in answer["rows"]:
                # A dispatcher that was restarted knows of no leases: it may hand out what we have in hand, and that is leased again.
                if duty["duty"] not in self.in_hand:
                    self.in_hand[duty["duty"]] = group.create_task(self.do(duty))

    async def do(self, duty):
        try:
            await self.while_kept(duty, self.steps(duty))
        # What is not answered is not given back: the lease that lapses is the pause before it is tried again.
        except NotNow as reason:
            say("later", duty["number"], reason)
        except Refused as refusal:
            if refusal.code in NOT_OURS:
                say("left", duty["number"], refusal.code)
            else:  # a field or a right is wrong: a person must look
                print("refused", duty["number"], refusal, file=sys.stderr, flush=True)
        except asyncio.CancelledError:
            # We are stopping. Given back, so that another worker has it at once.
            await self.give_back(duty)
            say("gave back", duty["number"])
            raise
        finally:
            del self.in_hand[duty["duty"]]

    async def while_kept(self, duty, steps):
        """Does the steps and prolongs the lease meanwhile. A lease that is lost ends them, for somebody else may begin."""
        work, keep = asyncio.create_task(steps), asyncio.create_task(self.keep(duty))
        try:
            await asyncio.wait([work, keep], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise NotNow("its lease is lost")
            work.result()
        finally:
            work.cancel()
            keep.cancel()
            await asyncio.gather(work, keep, return_exceptions=True)

    async def steps(self, duty):
        case = await self.huying.ask("show_case", {"case": duty["case"]})
        say("pulled", case["number"], case["matter_name"], "at", case["place_name"] + ":", case.get("title", ""))
        if duty["state"] == "offered":
            await self.step("sign", duty, {})
        say("signed", case["number"])
        if not self.was_contacted(case, duty):
            await self.step("contact", duty, {"outcome": "reached", "evidence": await self.reach_citizen(case)})
        say("contacted", case["number"])
        await self.step("answer", duty, {"code": "solved", "text": await self.solve(case)})
        say("answered", case["number"])

    async def step(self, cmd, duty, body):
        """One command, once, whichever run of this worker sends it: a duty is signed, contacted and answered only once in its
        life, so its id makes a request id that a later run will make again."""
        try:
            await self.huying.ask(cmd, {"duty": duty["duty"], **body}, request_id=f"{cmd}.{duty['duty']}")
        except Refused as refusal:
            # An earlier run did this step with other words (ID_REUSED), or a clerk did it by hand (ALREADY).
            if refusal.code not in ("ID_REUSED", "ALREADY"):
                raise

    @staticmethod
    def was_contacted(case, duty):
        return any(clock["clock"] == "contact" and clock["duty"] == duty["duty"] and clock["state"] == "stopped"
                   for clock in case["clocks"])

    async def keep(self, duty):
        """Prolongs the lease in time for two more tries; ends when it is lost."""
        while True:
            await asyncio.sleep(self.options.lease / 3)
            try:
                await self.huying.ask("keep", {"worker": self.options.worker, "duty": duty["duty"], "lease": self.lease_ms})
            except Refused:
                return

    async def give_back(self, duty):
        """For who stops. Twice: our own long poll may still wait at the dispatcher, and would be handed the duty first."""
        body = {"worker": self.options.worker, "duty": duty["duty"], "release": True}
        for _ in range(2):
            await self.last_word("keep", body)

    async def last_word(self, cmd, body):
        try:
            await asyncio.wait_for(self.huying.ask(cmd, body), GOODBYE_S)
        except (Refused, asyncio.TimeoutError):
            pass  # a lease lapses by itself, and an event comes again

    # --- what the department does: yours to change ---

    async def reach_citizen(self, case):
        """Speaks with the citizen; returns what shows it. Record only contacts that took place."""
        return await self.command("contact", case)

    async def solve(self, case):
        """Does the work; returns the answer to the citizen."""
        return await self.command("solve", case)

    async def command(self, step, case):
        # A group of its own, so that what a script has started ends with it.
        process = subprocess.Popen([self.options.command, step], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   start_new_session=True)
        try:
            output, _ = await asyncio.to_thread(process.communicate, json.dumps(case, ensure_ascii=False))
        except asyncio.CancelledError:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            raise
        if process.returncode != 0:
            raise NotNow(f"the command for {step} ended with {process.returncode}")
        return output.strip()

    # --- events ---

    async def events(self, last):
        """Every event once handled is confirmed with the next question. What is not confirmed comes again, so handling must bear
        to be done twice. The name of the follower is what the dispatcher remembers: a restart goes on where this run ended."""
        ask = {"name": self.options.worker, "types": ["case_closed", "case_reopened"], "from": last + 1}
        try:
            while True:
                page = await self.huying.ask("follow", {**ask, "wait": WAIT_MS})
                for event in page["rows"]:
                    await self.handle(event)
                ask["confirm"] = page["next"] - 1
        finally:
            if "confirm" in ask:  # so that the next run need not hear it again
                await self.last_word("follow", {**ask, "count": 1})

    async def handle(self, event):
        case = await self.huying.ask("show_case", {"case": event["case"]})
        if case["lead"] != self.options.unit:
            return  # a key sees its whole subtree: this one was led by another unit
        if event["type"] == "case_closed":
            say("closed", case["number"], event["disposition"], "after", event["rounds"], "rounds")
        else:
            say("reopened", case["number"], "by", event["by"])  # its next round is a new duty and comes by pull


async def main():
    home = os.environ.get("HUYING_KEYS", os.path.expanduser("~/.config/huying/keys"))
    options = argparse.ArgumentParser(description="A department's worker.")
    options.add_argument("--server", default=os.environ.get("HUYING_SERVER", "tcp://127.0.0.1:7311"))
    options.add_argument("--keys", default=home, help="folder of NAME.key and server.pub")
    options.add_argument("--key", required=True, help="NAME of the key")
    options.add_argument("--unit", required=True, help="whose duties")
    options.add_argument("--worker", default="example", help="name of this worker; two that run at once need two names")
    options.add_argument("--command", required=True, help="what does the work, see department.sh")
    options.add_argument("--credit", type=int, default=2, help="duties in hand at once")
    options.add_argument("--lease", type=int, default=60, help="seconds until others may have a duty of a worker that died")
    options = options.parse_args()
    if not os.access(options.command, os.X_OK):
        sys.exit(f"worker.py: {options.command} is not a program")

    async with Huying(options.server, options.keys, options.key) as huying:
        run = asyncio.create_task(Worker(huying, options).run())
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, run.cancel)
        say("connecting to", options.server)
        try:
            await run
        except asyncio.CancelledError:
            say("stopped")


def say_why(error):
    """A refusal that ends a worker: a key without the role, another version. Starting again would not help."""
    for each in error.exceptions if isinstance(error, ExceptionGroup) else [error]:
        if not isinstance(each, Refused):
            raise error
        print(each, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (Refused, ExceptionGroup) as error:
        say_why(error)
