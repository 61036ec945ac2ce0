#!/usr/bin/env node
// worker.mjs - an example of a department's worker: pulls the duties of its unit, does them, hears what became of them.
//
//     node worker.mjs --unit C11 --key c11 --command ../department.sh
//
//     pull 取任务 -> show the case -> sign 签收 -> contact 先行联系 -> work -> answer 办结 ... -> the case is closed 结案
//
// The department's own part is `--command`, a program that is given a step and the case (see department.sh); a department that has
// its system in JavaScript puts it into `reachCitizen` and `solve` instead.
//
// It may be killed at any moment. The lease of what it had in hand lapses, the duty is handed out again, and each step has a
// request id made from the duty, so that a step that was done is not done twice.

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { Huying, MAJOR, Refused } from "./huying.mjs";

const WAIT_MS = 30_000; // of a long poll: how long the dispatcher may keep an answer until there is something
const GOODBYE_MS = 3_000; // for the last words of a worker that stops
// The duty is no longer ours to do: somebody else did it, has it, or the case went another way.
const NOT_OURS = ["ALREADY", "BAD_STATE", "NOT_FOUND", "NOT_YOURS", "LEASED"];

class NotNow extends Error {} // the department cannot do this step now
const STOPPING = new NotNow("stopping");

const say = (...words) => console.log(...words);

class Worker {
  #inHand = new Map(); // duty id: promise of its end
  #stop = new AbortController();

  constructor(huying, options) {
    Object.assign(this, { huying, options, leaseMs: Number(options.lease) * 1000 });
  }

  stop(reason = STOPPING) {
    this.#stop.abort(reason); // the first reason stands
  }

  async run() {
    const signal = this.#stop.signal;
    await this.live(signal).catch((error) => this.stop(error));
    await Promise.all(this.#inHand.values());
    if (signal.reason !== STOPPING) throw signal.reason;
  }

  async live(signal) {
    const hello = await this.huying.ask("hello", { major: MAJOR }, { signal }); // another major version is refused
    say(`ready ${hello.actor} at ${hello.district}, protocol ${hello.major}.${hello.minor}`);
    const halves = [this.duties(signal), this.events(hello.seq, signal)];
    for (const half of halves) half.catch((error) => this.stop(error)); // one half alone is no worker
    await Promise.allSettled(halves);
  }

  // --- duties ---

  // Never pulls more than it can do at once: what it does not take is there for other workers of the unit.
  async duties(signal) {
    const { worker, unit, credit } = this.options;
    while (!signal.aborted) {
      while (this.#inHand.size >= credit) await Promise.race(this.#inHand.values());
      const body = { worker, unit, kind: "lead", lease: this.leaseMs, wait: WAIT_MS, count: credit - this.#inHand.size };
      const { rows } = await this.huying.ask("pull", body, { signal });
      for (const duty of rows) {
        // A dispatcher that was restarted knows of no leases: it may hand out what we have in hand, and we have a lease again.
        if (this.#inHand.has(duty.duty)) continue;
        this.#inHand.set(duty.duty, this.do(duty).finally(() => this.#inHand.delete(duty.duty)));
      }
    }
  }

  async do(duty) {
    // Ends the work when we stop, and when the lease is lost, for somebody else may begin then.
    const work = new AbortController();
    const stop = () => work.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", stop);
    // Prolongs the lease in time for two more tries.
    const keep = setInterval(() => this.keep(duty, work), this.leaseMs / 3);
    try {
      await this.steps(duty, work.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) {
        await this.giveBack(duty); // so that another worker has it at once
        say("gave back", duty.number);
      // What is not answered is not given back: the lease that lapses is the pause before it is tried again.
      } else if (error instanceof NotNow) {
        say("later", duty.number, error.message);
      } else if (error instanceof Refused && NOT_OURS.includes(error.code)) {
        say("left", duty.number, error.code);
      } else if (error instanceof Refused) { // a field or a right is wrong: a person must look
        console.error("refused", duty.number, error.message);
      } else {
        throw error;
      }
    } finally {
      clearInterval(keep);
      this.#stop.signal.removeEventListener("abort", stop);
    }
  }

  async steps(duty, signal) {
    const found = await this.huying.ask("show_case", { case: duty.case }, { signal });
    say("pulled", found.number, found.matter_name, "at", `${found.place_name}:`, found.title ?? "");
    if (duty.state === "offered") await this.step("sign", duty, {}, signal);
    say("signed", found.number);
    if (!wasContacted(found, duty)) {
      await this.step("contact", duty, { outcome: "reached", evidence: await this.reachCitizen(found, signal) }, signal);
    }
    say("contacted", found.number);
    await this.step("answer", duty, { code: "solved", text: await this.solve(found, signal) }, signal);
    say("answered", found.number);
  }

  // One command, once, whichever run of this worker sends it: a duty is signed, contacted and answered only once in its life, so
  // its id makes a request id that a later run will make again.
  async step(cmd, duty, body, signal) {
    try {
      await this.huying.ask(cmd, { duty: duty.duty, ...body }, { id: `${cmd}.${duty.duty}`, signal });
    } catch (error) {
      // An earlier run did this step with other words (ID_REUSED), or a clerk did it by hand (ALREADY).
      if (!["ID_REUSED", "ALREADY"].includes(error.code)) throw error;
    }
  }

  async keep(duty, work) {
    try {
      await this.huying.ask("keep", { worker: this.options.worker, duty: duty.duty, lease: this.leaseMs }, { signal: work.signal });
    } catch {
      work.abort(new NotNow("its lease is lost"));
    }
  }

  // For who stops. Twice: our own long poll may still wait at the dispatcher, and would be handed the duty first.
  async giveBack(duty) {
    const body = { worker: this.options.worker, duty: duty.duty, release: true };
    for (let i = 0; i < 2; i++) await this.lastWord("keep", body);
  }

  async lastWord(cmd, body) {
    try {
      await this.huying.ask(cmd, body, { signal: AbortSignal.timeout(GOODBYE_MS) });
    } catch (error) {
      if (!(error instanceof Refused) && error.name !== "TimeoutError") throw error;
    } // a lease lapses by itself, and an event comes again
  }

  // --- what the department does: yours to change ---

  // Speaks with the citizen; gives what shows it. Record only contacts that took place.
  reachCitizen(found, signal) {
    return this.command("contact", found, signal);
  }

  // Does the work; gives the answer to the citizen.
  solve(found, signal) {
    return this.command("solve", found, signal);
  }

  async command(step, found, signal) {
    signal.throwIfAborted();
    // A group of its own, so that what a script has started ends with it.
    const child = spawn(this.options.command, [step], { stdio: ["pipe", "pipe", "inherit"], detached: true });
    const kill = () => process.kill(-child.pid);
    signal.addEventListener("abort", kill);
    const ended = new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve))
      .finally(() => signal.removeEventListener("abort", kill));
    child.stdin.on("error", () => {}); // it need not read the case
    child.stdin.end(JSON.stringify(found));
    const [output, code] = await Promise.all([text(child.stdout), ended]);
    signal.throwIfAborted();
    if (code !== 0) throw new NotNow(`the command for ${step} ended with ${code}`);
    return output.trim();
  }

  // --- events ---

  // Every event once handled is confirmed with the next question. What is not confirmed comes again, so handling must bear to be
  // done twice. The name of the follower is what the dispatcher remembers: a restart goes on where this run ended.
  async events(last, signal) {
    const body = { name: this.options.worker, types: ["case_closed", "case_reopened"], from: last + 1 };
    try {
      for (;;) {
        const page = await this.huying.ask("follow", { ...body, wait: WAIT_MS }, { signal });
        for (const event of page.rows) await this.handle(event, signal);
        body.confirm = page.next - 1;
      }
    } finally {
      if (body.confirm) await this.lastWord("follow", { ...body, count: 1 }); // so that the next run need not hear it again
    }
  }

  async handle(event, signal) {
    const found = await this.huying.ask("show_case", { case: event.case }, { signal });
    if (found.lead !== this.options.unit) return; // a key sees its whole subtree: this one was led by another unit
    if (event.type === "case_closed") say("closed", found.number, event.disposition, "after", event.rounds, "rounds");
    else say("reopened", found.number, "by", event.by); // its next round is a new duty and comes by pull
  }
}

const wasContacted = (found, duty) =>
  found.clocks.some((clock) => clock.clock === "contact" && clock.duty === duty.duty && clock.state === "stopped");

const { values: options } = parseArgs({
  options: {
    server: { type: "string", default: process.env.HUYING_SERVER ?? "tcp://127.0.0.1:7311" },
    keys: { type: "string", default: process.env.HUYING_KEYS ?? join(homedir(), ".config/huying/keys") }, // NAME.key, server.pub
    key: { type: "string" }, // NAME of the key
    unit: { type: "string" }, // whose duties
    worker: { type: "string", default: "example" }, // name of this worker; two that run at once need two names
    command: { type: "string" }, // what does the work, see department.sh
    credit: { type: "string", default: "2" }, // duties in hand at once
    lease: { type: "string", default: "60" }, // seconds until others may have a duty of a worker that died
  },
});
for (const name of ["key", "unit", "command"]) {
  if (!options[name]) {
    console.error(`worker.mjs: --${name} is needed`);
    process.exit(2);
  }
}
options.credit = Number(options.credit);
accessSync(options.command, constants.X_OK); // a program that can be run, or it ends here

const huying = new Huying(options.server, options.keys, options.key);
const worker = new Worker(huying, options);
for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => worker.stop());
say("connecting to", options.server);
try {
  await worker.run();
  say("stopped");
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  // A refusal that ends a worker: a key without the role, another version. Starting again would not help.
  console.error(error.message);
  process.exitCode = 1;
} finally {
  huying.close();
}
