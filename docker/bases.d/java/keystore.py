"""Writes certificates as a Java keystore (JKS): keystore.py BUNDLE KEYSTORE."""

import hashlib
import re
import ssl
import struct
import sys

# The one that everybody knows, which Java's own keystore has too.
PASSWORD = "changeit"
MAGIC, VERSION, CERTIFICATE = 0xFEEDFEED, 2, 2


def text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def main(bundle, keystore):
    with open(bundle, encoding="utf-8") as file:
        pems = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", file.read(), re.S)
    certificates = sorted({ssl.PEM_cert_to_DER_cert(pem) for pem in pems})
    data = struct.pack(">III", MAGIC, VERSION, len(certificates))
    for certificate in certificates:
        alias = hashlib.sha256(certificate).hexdigest()[:16]
        data += struct.pack(">I", CERTIFICATE) + text(alias) + struct.pack(">Q", 0)
        data += text("X.509") + struct.pack(">I", len(certificate)) + certificate
    seal = hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + data).digest()
    with open(keystore, "wb") as file:
        file.write(data + seal)


main(*sys.argv[1:])
