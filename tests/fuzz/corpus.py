"""Writes the corpus of the fuzzer: the bytes of every conformance vector, a file each. corpus.py VECTORS FOLDER LIST"""

import json
import pathlib
import sys

vectors, folder, names = (pathlib.Path(a) for a in sys.argv[1:])
seeds = []
folder.mkdir(parents=True, exist_ok=True)
for file in sorted(vectors.glob("*.json")):
    for i, item in enumerate(json.loads(file.read_text())):
        seeds.append(folder / f"{file.stem}-{i:03}")
        seeds[-1].write_bytes(bytes.fromhex(item["hex"]))
names.write_text(",".join(map(str, seeds)))
