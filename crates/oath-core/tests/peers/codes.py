"""TOTP from Python's hmac and hashlib alone, written from RFC 4226 and RFC 6238.

Reads a case a line, separated by tabs: algorithm, key in hexadecimal, digits, period, Unix time,
window, and a code that was made elsewhere. Writes a line for each: its own code for that time, and
the drift at which it finds the other code in the window, nearest first and past before future, or
"-".
"""

import hmac
import sys

LAST = 2**64 - 1


def hotp(algorithm, key, digits, counter):
    mac = hmac.digest(key, counter.to_bytes(8, "big"), algorithm)
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def find(algorithm, key, digits, now, window, code):
    for drift in sorted(range(-window, window + 1), key=lambda drift: (abs(drift), drift)):
        if 0 <= now + drift <= LAST and hotp(algorithm, key, digits, now + drift) == code:
            return drift
    return "-"


for line in sys.stdin:
    algorithm, key, digits, period, unix, window, code = line.split("\t")
    key, digits, now = bytes.fromhex(key), int(digits), int(unix) // int(period)
    own = hotp(algorithm, key, digits, now)
    print(own, find(algorithm, key, digits, now, int(window), code.strip()), sep="\t")
