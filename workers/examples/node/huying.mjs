// huying.mjs - a small client of the dispatcher: key files, one connection, requests that may be sent again.
//
// Written from docs/protocol.md alone, on npm's zeromq 6 and @msgpack/msgpack 3; Node 18 or newer. Copy it and start from it.
//
// One socket carries any number of requests at once; each is a promise of its answer.

import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as msgpack from "@msgpack/msgpack";
import { Dealer } from "zeromq";

export const MAJOR = 1; // of the protocol that this client speaks
const PATIENCE_MS = 5000; // how long an answer may take before the request is sent again; a long poll's own wait comes on top
const PATIENCE_MOST_MS = 60000;
const DENIED_MS = 2000; // pause after a key was refused

// The dispatcher said no. `code` is what a program decides by; the sentence and the hint are for people.
export class Refused extends Error {
  constructor({ code, field = "", message = "", hint = "", retry = false }) {
    super(`${code}${field && " " + field}: ${message} ${hint}`);
    Object.assign(this, { code, field, retry });
  }
}

// The line `what` (public or secret) of a file made by `huying keys new`: 40 characters of Z85, between quotes.
export function readKey(path, what) {
  const found = readFileSync(path, "ascii").match(new RegExp(`^${what}: '(.{40})'$`, "m"));
  if (!found) throw new Error(`${path} has no line \`${what}\`: is it a key file?`);
  return found[1];
}

// Ids, instants and counts have 64 bits on the wire; a number of JavaScript is exact to 2^53 only. Instants (to the year 9999) and
// sequences (2^53 would be a million records a second for 285 years) stay far below, so they are plain numbers here and can be
// compared and printed as usual. Whatever does not fit stays a BigInt: nothing is ever rounded in silence.
export const decode = (frame) => each(msgpack.decode(frame, { useBigInt64: true }), (value) => {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
});

// The other way: with useBigInt64 the library would write a number of more than 32 bits as a float, and the protocol has none.
export const encode = (message) => msgpack.encode(each(message, (value) => {
  if (typeof value !== "number") return value;
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number below 2^53; give a BigInt`);
  return Math.abs(value) < 2 ** 31 ? value : BigInt(value);
}), { useBigInt64: true });

// A copy of maps and lists with every value in them changed.
function each(value, change) {
  if (Array.isArray(value)) return value.map((one) => each(one, change));
  if (value === null || typeof value !== "object") return change(value);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, each(one, change)]));
}

export const request = (cmd, body, id) => ({ v: 1, id, cmd, body });

export class Huying {
  #waiting = new Map(); // request id: { frame, resolve }
  #connected = false;
  #socket;
  #server;

  constructor(server, keys, key) {
    const secret = join(keys, `${key}.key`);
    if (statSync(secret).mode & 0o077) throw new Error(`${secret} may be read by others: chmod 600 it, and think about a new key`);
    this.#socket = new Dealer({
      curvePublicKey: readKey(secret, "public"),
      curveSecretKey: readKey(secret, "secret"),
      curveServerKey: readKey(join(keys, "server.pub"), "public"),
      linger: 0,
      // Nothing is left in a queue of ZeroMQ while there is no connection: what has no answer yet is in #waiting, and is sent when
      // a connection is up. ZeroMQ connects again by itself, with pauses that grow.
      immediate: true,
      sendTimeout: 0,
      reconnectInterval: 100,
      reconnectMaxInterval: 5000,
    });
    this.#server = server;
    this.#receive();
    this.#watch();
    this.#socket.connect(server);
  }

  close() {
    this.#socket.close();
  }

  // Asks until there is an answer and gives its body; throws Refused when the same request would be refused again.
  //
  // Each try sends the very same bytes under the same id, so a command is done once however often it is sent. A caller that may die
  // and begin again gives an id that it can make again; one that only asks may leave it out. `signal` gives the question up.
  async ask(cmd, body = {}, { id = randomUUID(), signal } = {}) {
    const frame = encode(request(cmd, body, id));
    let patience = PATIENCE_MS;
    try {
      for (;;) {
        const reply = await this.#answer(id, frame, (body.wait ?? 0) + patience, signal);
        if (reply?.ok) return reply.body;
        if (reply) {
          const refusal = new Refused(reply);
          if (!refusal.retry) throw refusal;
          // Busy, or its disk is full: later, and not all workers in the same moment.
          await pause(Math.random() * patience, undefined, { signal });
        }
        patience = Math.min(2 * patience, PATIENCE_MOST_MS);
      }
    } finally {
      this.#waiting.delete(id);
    }
  }

  // Sends once; gives the answer, or undefined when none came in time.
  #answer(id, frame, patience, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const end = (done, value) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", given_up);
        done(value);
      };
      const given_up = () => end(reject, signal.reason);
      const timer = setTimeout(end, patience, resolve);
      signal?.addEventListener("abort", given_up);
      this.#waiting.set(id, { frame, resolve: (reply) => end(resolve, reply) });
      this.#send(frame);
    });
  }

  async #send(frame) {
    if (!this.#connected) return;
    try {
      await this.#socket.send(frame);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // the connection has just gone: it is sent with the next one
    }
  }

  async #receive() {
    for await (const [frame] of this.#socket) {
      const reply = decode(frame);
      this.#waiting.get(reply.id)?.resolve(reply); // none: a second answer to what was sent twice
    }
  }

  // What was in flight when a connection broke may be lost, so all of it is sent when the next one is up.
  async #watch() {
    let failures = 0;
    for await (const event of this.#socket.events) {
      if (event.type === "handshake") {
        this.#connected = true;
        failures = 0;
        for (const { frame } of this.#waiting.values()) this.#send(frame);
      } else if (event.type === "disconnect") {
        this.#connected = false;
      } else if (event.type === "handshake:error:auth") {
        // ZeroMQ gives such a connection up for good. We do not: its .pub file may be about to come to the dispatcher.
        console.error("the dispatcher does not know this key; trying on");
        await pause(DENIED_MS);
        this.#socket.disconnect(this.#server);
        this.#socket.connect(this.#server);
      } else if (event.type.startsWith("handshake:error") && ++failures === 5) { // one alone may be a dispatcher that stopped then
        console.error("no handshake: is server.pub that of this dispatcher? trying on");
      }
    }
  }
}
