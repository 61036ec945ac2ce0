"""attack_keys.py - keys that should not hear, keys that are taken away, and strangers who knock while there are ten thousand keys.

Who may listen is judged as the query `events` is; a removed, broken or changed .pub ends its key's connections at once, whatever lies
beside it; a stranger's handshake reads nothing.
"""

import os
import random
import time

from kit import SUB, Key, Silence, Site, Unsent, Wire, Address, arguments, case_body, must_be_quick, processes, request, say_figures, unpack

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
AT_ONCE = 1.0  # seconds


def z85(data):
    text = ""
    for at in range(0, len(data), 4):
        number = int.from_bytes(data[at:at + 4], "big")
        text += "".join(DIGITS[number // 85**n % 85] for n in (4, 3, 2, 1, 0))
    return text


def write_public(folder, name, public, unit, roles):
    draft = os.path.join(folder, "draft")
    with open(draft, "w", encoding="utf-8") as stream:
        stream.write(f"name: '{name}'\npublic: '{public}'\nunit: '{unit}'\nroles: [{', '.join(roles)}]\n")
    os.rename(draft, os.path.join(folder, name + ".pub"))


def listen(site, name):
    address = {**site.address(name), "url": site.events}
    wire = Wire(address["url"], Address(address), address["server"], kind=SUB)
    wire.option("subscribe", b"")
    return wire.connect()


def hears(wire, submit, seconds=20):
    """Does an event come, while cases are made?"""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        submit()
        try:
            wire.receive(0.02)
            return True
        except Silence:
            continue
    return False


def drain(wire):
    try:
        while True:
            wire.receive(0.2)
    except Silence:
        pass


def who_may_listen(site, submit):
    for name in ("listener", "supervisor", "administrator"):
        assert hears(listen(site, "desk-" + name), submit), f"a {name} of the district hears nothing"
    deaf = [listen(site, f"{unit}-{role}") for unit in ("street", "nowhere") for role in ("listener", "supervisor", "administrator")]
    deaf += [listen(site, "street-importer"), listen(site, "pump-listener"), listen(site, "desk-worker")]
    for _ in range(100):
        submit()
    site.wait_log("key_role")
    for wire in deaf:
        try:
            raise AssertionError(f"a key that may not heard {wire.receive(0.2)}")
        except Silence:
            wire.close()
    print(f"  {len(deaf)} keys that may not hear every event heard none")



def taken_away(site, submit):
    """One key after the other, each in its manner; a broken file lies beside them all the while."""
    with open(os.path.join(site.keys, "broken.pub"), "w", encoding="utf-8") as stream:
        stream.write("name: broken\nroles: all of them\n")
    site.wait_log("broken.pub")
    for how in ("removed", "broken", "changed", "another"):
        name = f"gone-{how}"
        path = os.path.join(site.keys, name + ".pub")
        ear, asker, waiting = listen(site, name), site.wire(name), site.wire(name)
        assert asker.ask(request("hello"))["ok"]
        assert hears(ear, submit)
        drain(ear)
        last = asker.ask(request("hello"))["body"]["seq"]
        waiting.send(request("follow", {"name": "f-" + how, "from": last + 1, "wait": 60000}))
        assert asker.ask(request("hello"))["ok"]  # the other is there by now
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        first, began = len(site.log), time.monotonic()
        if how == "removed":
            os.unlink(path)
        elif how == "another":
            write_public(site.keys, name, z85(random.randbytes(32)), "D1", ["administrator", "listener"])
        else:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text.replace("roles:", "rolls:") if how == "broken" else text.replace("'D1'", "'S1'"))
        site.wait_log("key_gone", first=first)
        took = time.monotonic() - began
        assert took < AT_ONCE, f"{how}: took {took:.2f} s"
        drain(ear)
        for _ in range(20):
            submit()
        # What is changed comes back with its new rights: of a street, it asks and does not listen.
        for wire, what in ((ear, "heard"), (waiting, "was answered")):
            try:
                raise AssertionError(f"{how}: the key {what}: {wire.receive(0.5)[0][:100]}")
            except Silence:
                pass
        try:
            asker.send(request("events", {"from": 1}))  # a key that is gone has no connection to send by
            answer = unpack(asker.receive(0.5)[0])
            assert how == "changed" and answer["code"] == "NOT_YOURS", answer
        except (Silence, Unsent):
            pass
        for wire in (ear, asker, waiting):
            wire.close()
        print(f"  {how}: its three connections ended after {1000 * took:.0f} ms")


def knock(address, seconds, conn):
    """A stranger who tries again and again."""
    conn.send("knocking")
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        wires = []
        for _ in range(20):
            wires.append(Wire(address["url"], Address(address), address["server"]).connect())
            count += 1
        time.sleep(0.05)
        for wire in wires:
            wire.close()
    conn.send(count)


def strangers(options, site, keys, seconds):
    for n in range(keys):
        write_public(site.keys, f"k{n}", z85(random.randbytes(32)), "D1", ["worker"])
    honest = site.honest()
    quiet = time.monotonic()
    time.sleep(3)
    began = time.monotonic()
    other = os.path.join(site.folder, "others")
    if not os.path.exists(other):
        os.mkdir(other, 0o700)
    site.make_key("stranger", "D1", "operator", folder=other)
    conn, theirs = processes.Pipe()
    process = processes.Process(target=knock, args=(site.address("stranger", other), seconds, theirs), daemon=True)
    process.start()
    assert conn.recv() == "knocking"
    knocks = conn.recv()
    process.join()
    ended = time.monotonic()
    time.sleep(2)
    honest.stop()
    marks = [("before", quiet, began), ("during", began, ended), ("after", ended, time.monotonic())]
    say_figures(f"{keys} keys, {knocks} knocks", honest, marks)
    must_be_quick(options, honest, began, ended)


def main():
    options = arguments()
    keys = {f"desk-{role}": ("D1", role) for role in ("listener", "supervisor", "administrator", "worker")}
    keys.update({f"{unit}-{role}": (code, role) for unit, code in (("street", "S1"), ("nowhere", "GONE"))
                 for role in ("listener", "supervisor", "administrator", "importer")})
    keys.update({f"gone-{how}": ("D1", "administrator", "listener") for how in ("removed", "broken", "changed", "another")})
    keys["maker"] = ("D1", "operator")
    site = Site(options, keys)
    write_public(site.keys, "pump-listener", Key(site.keys, site.make_key("pump-listener-pair", "D1", "listener")).public.decode(), "D1",
                 ["listener"])
    os.unlink(os.path.join(site.keys, "pump-listener-pair.pub"))
    with open(os.path.join(site.keys, "pump-listener.pub"), "a", encoding="utf-8") as stream:
        stream.write("matters: 'M01'\n")
    os.rename(os.path.join(site.keys, "pump-listener-pair.key"), os.path.join(site.keys, "pump-listener.key"))
    with open(os.path.join(site.keys, "bad.pub"), "w", encoding="utf-8") as stream:
        stream.write("name: bad\n")  # of one bad file no start fails
    with site:
        maker, count = site.wire("maker"), [0]

        def submit():
            count[0] += 1
            reply = maker.ask(request("submit", case_body(0), f"m-{count[0]}"))
            assert reply["ok"], reply

        who_may_listen(site, submit)
        taken_away(site, submit)
        maker.close()
        strangers(options, site, 1000 if options.smoke else 10000, 5 if options.smoke else 20)
        site.stop()
        print("  " + site.check())


if __name__ == "__main__":
    main()
