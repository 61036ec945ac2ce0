// vectors_node.mjs SOURCE - the Node example's codec against the conformance vectors: what a client sends, what it is told.
//
// Ends with 77, skipped, where the packages are not installed (script/setup does it).

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const source = resolve(process.argv[2]);
const example = join(source, "workers/examples/node");
if (!existsSync(join(example, "node_modules/zeromq"))) {
  console.log("skipped: npm ci was not run in workers/examples/node");
  process.exit(77);
}
const { Refused, decode, encode, request } = await import(join(example, "huying.mjs"));

function vectors(name) {
  const found = JSON.parse(readFileSync(join(source, "proto/vectors", `${name}.json`), "utf8"));
  assert.ok(found.length > 20, `${name}: only ${found.length} vectors`);
  return found;
}
const bytes = (hex) => Buffer.from(hex, "hex");
const hex = (frame) => Buffer.from(frame).toString("hex");

const sent = vectors("requests");
for (const { name, meaning, hex: expected } of sent) {
  const { v, id, cmd, body, ...envelope } = meaning;
  const { body: built, ...head } = request(cmd, body, id);
  const message = { ...head, ...envelope, body: built }; // a worker sends neither `at` nor `on_behalf_of`
  assert.deepEqual(message, meaning, name);
  // The same order of keys. Integers of more than 32 bits take their 64-bit form here, which is the shortest for all of these.
  assert.equal(hex(encode(message)), expected, name);
  assert.deepEqual(decode(bytes(expected)), meaning, name);
}

const told = vectors("replies");
const again = new Set();
for (const { name, meaning, hex: given } of told) {
  const reply = decode(bytes(given));
  assert.deepEqual(reply, meaning, name);
  if (reply.ok) continue;
  const refusal = new Refused(reply);
  assert.equal(refusal.code, reply.code, name);
  if (refusal.retry) again.add(refusal.code);
}
assert.deepEqual([...again].sort(), ["BUSY", "OUTCOME_UNKNOWN", "STORAGE_FAILED"]);

const events = vectors("records").filter(({ event }) => event).map(({ event }) => event);
for (const event of events) assert.deepEqual(decode(bytes(event.hex)), event.meaning, event.meaning.type);
assert.ok(events.some(({ meaning }) => meaning.type === "case_closed"));

// 64 bits: exact up to 2^53 as numbers, beyond as BigInt, never a float.
for (const [value, expected] of [
  [2 ** 31 - 1, "ce7fffffff"], [2 ** 31, "cf0000000080000000"], [2 ** 53 - 1, "cf001fffffffffffff"],
  [-(2 ** 40), "d3ffffff0000000000"], [2n ** 63n - 1n, "cf7fffffffffffffff"],
]) {
  assert.equal(hex(encode(value)), expected);
  assert.equal(decode(bytes(expected)), value);
}
assert.throws(() => encode(2 ** 53), RangeError);
assert.throws(() => encode(0.5), RangeError);
console.log(`${sent.length} requests, ${told.length} replies, ${events.length} events`);
