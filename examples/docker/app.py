"""Say the names of hosts as the network spells them."""

import sys

import idna

for name in sys.argv[1:] or ["münchen"]:
    sys.stdout.write(idna.encode(name).decode() + "\n")
