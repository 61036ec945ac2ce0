"""vectors_python.py SOURCE - the Python example's codec against the conformance vectors: what a client sends, what it is told.

Ends with 77, skipped, where python3-zmq or python3-msgpack is missing.
"""

import json
import os
import sys

sys.dont_write_bytecode = True
SOURCE = sys.argv[1]
sys.path.insert(0, os.path.join(SOURCE, "workers/examples/python"))
try:
    from huying import Refused, decode, encode, request
except ModuleNotFoundError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def vectors(name):
    with open(os.path.join(SOURCE, "proto/vectors", name + ".json"), encoding="utf-8") as stream:
        found = json.load(stream)
    assert len(found) > 20, f"{name}: only {len(found)} vectors"
    return found


def main():
    sent = vectors("requests")
    for vector in sent:
        said = vector["meaning"]
        built = request(said["cmd"], said["body"], said["id"])
        for field in ("at", "on_behalf_of"):  # a worker sends neither: at the envelope's place, between cmd and body
            if field in said:
                built = {**built, field: said[field]}
                built["body"] = built.pop("body")
        assert built == said, vector["name"]
        # The shortest form and the same order of keys: so the very bytes.
        assert encode(built).hex() == vector["hex"], vector["name"]
        assert decode(bytes.fromhex(vector["hex"])) == said, vector["name"]

    told = vectors("replies")
    for vector in told:
        reply = decode(bytes.fromhex(vector["hex"]))
        assert reply == vector["meaning"], vector["name"]
        if not reply["ok"]:
            refusal = Refused(reply)
            assert refusal.code == reply["code"] and refusal.retry == reply.get("retry", False), vector["name"]
    assert {reply["meaning"]["code"] for reply in told if not reply["meaning"]["ok"] and reply["meaning"].get("retry")} == \
        {"BUSY", "OUTCOME_UNKNOWN", "STORAGE_FAILED"}

    events = [vector["event"] for vector in vectors("records") if "event" in vector]
    for event in events:
        assert decode(bytes.fromhex(event["hex"])) == event["meaning"], event["meaning"]["type"]
    assert "case_closed" in {event["meaning"]["type"] for event in events}
    print(f"{len(sent)} requests, {len(told)} replies, {len(events)} events")


main()
