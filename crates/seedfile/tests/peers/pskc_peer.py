"""python-pskc as the other side: it makes PSKC files, and reads those that others made.

    pskc_peer.py make DIR COUNT SEED   COUNT files of random keys in every variant, and what is in them
    pskc_peer.py read DIR              what python-pskc finds in the files that DIR/manifest.tsv names

The manifest has a line for each key: file, key of the file, manufacturer, serial, model, user, kind, secret, suite, digits, counter,
interval. `-` is nothing. The key of the file is `hex:…` or `phrase:…`.
"""

import os
import random
import sys

try:
    from pskc import PSKC
except ImportError:
    sys.exit("the Python module pskc is missing: pip install python-pskc")

COLUMNS = "file key manufacturer serial model user kind secret suite digits counter interval".split()
MACS = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
NAMES = ["Token & Co", "<Vendor>", "Schlüssel GmbH", '"Quoted"', "C202", "トークン"]


def chance_key(rng, serial):
    """A key of ours, by the names that python-pskc has for its parts."""
    kind = rng.choice(["hotp", "totp"])
    return {
        "id": str(serial),
        "serial": f"{serial:08}",
        "manufacturer": rng.choice(NAMES),
        "model": rng.choice([None, *NAMES]),
        "device_userid": rng.choice([None, f"user{serial}@example.com"]),
        "algorithm": f"urn:ietf:params:xml:ns:keyprov:pskc:{kind}",
        "secret": rng.randbytes(rng.choice([16, 20, 20, 32, 64, rng.randint(1, 100)])),
        "algorithm_suite": rng.choice([None, "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]),
        "response_length": rng.randint(6, 8),
        "response_encoding": "DECIMAL",
        "counter": chance_counter(rng) if kind == "hotp" else None,
        "time_interval": rng.choice([30, 60]) if kind == "totp" else None,
    }


def chance_counter(rng):
    """Not one whose bytes are all ASCII digits: encrypted, it would be read as text by this module and refused by us."""
    while True:
        counter = rng.getrandbits(rng.randint(1, 63))
        if not counter.to_bytes((counter.bit_length() + 7) // 8 or 1, "big").isdigit():
            return counter


def protect(pskc, number, rng):
    """Every variant in turn. Returns the key of the file."""
    if number % 7 == 0:
        return "-"
    pskc.mac.algorithm = MACS[number % 5]
    bits = [128, 192, 256][number % 3]
    fields = [["secret"], ["secret", "counter"]][number % 2]
    if number % 7 < 4:
        key = rng.randbytes(bits // 8)
        pskc.encryption.setup_preshared_key(key=key, algorithm=f"aes{bits}-cbc", key_name="shared", fields=fields)
        return f"hex:{key.hex()}"
    phrase = rng.choice(["qwerty", "pass phrase ", "пароль", "a" * 100])
    pskc.encryption.setup_pbkdf2(
        phrase,
        algorithm=f"aes{bits}-cbc",
        key_length=bits // 8,
        iterations=rng.randint(1, 50),
        salt=rng.randbytes(rng.randint(1, 32)),
        prf=rng.choice([None, *MACS]),
        fields=fields,
    )
    return f"phrase:{phrase}"


def row(name, file_key, key):
    kind = key.algorithm.rsplit(":", 1)[-1]
    parts = [name, file_key, key.manufacturer, key.serial, key.model, key.userid, kind, key.secret.hex()]
    parts += [key.algorithm_suite, key.response_length, key.counter, key.time_interval]
    return "\t".join("-" if part is None else str(part) for part in parts)


def make(directory, count, seed):
    rng = random.Random(seed)
    # Salts, vectors and MAC keys are the module's own choice; this makes the files the same in each run.
    os.urandom = rng.randbytes
    lines = ["\t".join(COLUMNS)]
    for number in range(count):
        pskc = PSKC()
        name = f"peer-{number:03}.xml"
        keys = [pskc.add_key(**chance_key(rng, number * 10 + each)) for each in range(rng.randint(1, 3))]
        file_key = protect(pskc, number, rng)
        lines += [row(name, file_key, key) for key in keys]
        pskc.write(os.path.join(directory, name))
    with open(os.path.join(directory, "manifest.tsv"), "w", encoding="utf-8", newline="\n") as manifest:
        manifest.write("\n".join(lines) + "\n")


def read(directory):
    with open(os.path.join(directory, "manifest.tsv"), encoding="utf-8", newline="\n") as manifest:
        lines = manifest.read().rstrip("\n").split("\n")[1:]
    files = dict(line.split("\t")[:2] for line in lines)
    print("\t".join(COLUMNS))
    for name, file_key in files.items():
        pskc = PSKC(os.path.join(directory, name))
        form, _, value = file_key.partition(":")
        if form == "hex":
            pskc.encryption.key = bytes.fromhex(value)
        elif form == "phrase":
            pskc.encryption.derive_key(value)
        for key in pskc.keys:
            assert key.check()
            print(row(name, file_key, key))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    match sys.argv[1:]:
        case ["make", directory, count, seed]:
            make(directory, int(count), int(seed))
        case ["read", directory]:
            read(directory)
        case _:
            sys.exit(__doc__)
