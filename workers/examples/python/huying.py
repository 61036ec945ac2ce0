"""huying.py - a small client of the dispatcher: key files, one connection, requests that may be sent again.

Written from docs/protocol.md alone, on Debian's python3-zmq and python3-msgpack. Copy it and start from it.

One socket carries any number of requests at once, each a coroutine that awaits its answer. Python's integers have no bounds, so
ids and instants (64 bits) need no care here.
"""

import asyncio
import os
import random
import re
import sys
import uuid

import msgpack
import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

MAJOR = 1  # of the protocol that this client speaks
PATIENCE_S = 5  # how long an answer may take before the request is sent again; a long poll's own wait comes on top
PATIENCE_MOST_S = 60
DENIED_S = 2  # pause after a key was refused


class Refused(Exception):
    """The dispatcher said no. `code` is what a program decides by; the sentence and the hint are for people."""

    def __init__(self, reply):
        self.code, self.field, self.retry = reply["code"], reply.get("field", ""), reply.get("retry", False)
        super().__init__(f"{self.code}{' ' + self.field if self.field else ''}: {reply.get('message', '')} {reply.get('hint', '')}")


def read_key(path, what):
    """The line `what` (public or secret) of a file made by `huying keys new`: 40 characters of Z85, between quotes."""
    with open(path, encoding="ascii") as stream:
        found = re.search(rf"^{what}: '(.{{40}})'$", stream.read(), re.M)
    if not found:
        raise ValueError(f"{path} has no line `{what}`: is it a key file?")
    return found[1].encode()


def encode(message):
    return msgpack.packb(message)


def decode(frame):
    return msgpack.unpackb(frame)


def request(cmd, body, request_id):
    return {"v": 1, "id": request_id, "cmd": cmd, "body": body}


class Huying:
    """async with Huying(server, keys folder, name of the key) as huying: await huying.ask(...)"""

    def __init__(self, server, keys, key):
        secret = os.path.join(keys, key + ".key")
        if os.stat(secret).st_mode & 0o077:
            raise PermissionError(f"{secret} may be read by others: chmod 600 it, and think about a new key")
        self.waiting = {}  # request id: (bytes, future of the answer)
        self.connected = False
        self.tasks = []
        self.server = server
        self.context = zmq.asyncio.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.curve_publickey = read_key(secret, "public")
        self.socket.curve_secretkey = read_key(secret, "secret")
        self.socket.curve_serverkey = read_key(os.path.join(keys, "server.pub"), "public")
        self.socket.linger = 0
        # Nothing is left in a queue of ZeroMQ while there is no connection: what has no answer yet is in `waiting`, and is sent
        # when a connection is up. ZeroMQ connects again by itself, with pauses that grow.
        self.socket.immediate = 1
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 100, 5000
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL |
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_DISCONNECTED)
        self.socket.connect(server)

    async def __aenter__(self):
        self.tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._watch())]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.context.destroy(linger=0)

    async def ask(self, cmd, body=None, request_id=None):
        """Asks until there is an answer and returns its body; raises Refused when the same request would be refused again.

        Each try sends the very same bytes under the same id, so a command is done once however often it is sent. A caller that
        may die and begin again gives an id that it can make again; one that only asks may leave it out.
        """
        body = body or {}
        request_id = request_id or uuid.uuid4().hex
        frame = encode(request(cmd, body, request_id))
        patience = PATIENCE_S
        try:
            while True:
                answer = asyncio.get_running_loop().create_future()
                self.waiting[request_id] = frame, answer
                await self._send(frame)
                await asyncio.wait([answer], timeout=body.get("wait", 0) / 1000 + patience)
                if answer.done():
                    reply = answer.result()
                    if reply["ok"]:
                        return reply["body"]
                    refusal = Refused(reply)
                    if not refusal.retry:
                        raise refusal
                    # Busy, or its disk is full: later, and not all workers in the same moment.
                    await asyncio.sleep(random.uniform(0, patience))
                patience = min(2 * patience, PATIENCE_MOST_S)
        finally:
            self.waiting.pop(request_id, None)

    async def _send(self, frame):
        if self.connected:
            try:
                await self.socket.send(frame, zmq.NOBLOCK)
            except zmq.Again:
                pass  # the connection has just gone: it is sent with the next one

    async def _receive(self):
        while True:
            reply = decode(await self.socket.recv())
            _, answer = self.waiting.get(reply["id"], (None, None))
            if answer and not answer.done():  # else a second answer to what was sent twice
                answer.set_result(reply)

    async def _watch(self):
        """What was in flight when a connection broke may be lost, so all of it is sent when the next one is up."""
        failures = 0
        while True:
            event = parse_monitor_message(await self.monitor.recv_multipart())
            if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.connected, failures = True, 0
                for frame, _ in list(self.waiting.values()):
                    await self._send(frame)
            elif event["event"] == zmq.EVENT_DISCONNECTED:
                self.connected = False
            elif event["event"] == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                # ZeroMQ gives such a connection up for good. We do not: its .pub file may be about to come to the dispatcher.
                print("the dispatcher does not know this key; trying on", file=sys.stderr, flush=True)
                await asyncio.sleep(DENIED_S)
                self.socket.disconnect(self.server)
                self.socket.connect(self.server)
            else:  # one alone may be a dispatcher that stopped in that moment
                failures += 1
                if failures == 5:
                    print("no handshake: is server.pub that of this dispatcher? trying on", file=sys.stderr, flush=True)
