"""Prints the scalars of a TensorBoard event file, one "step tag value" a line, without TensorBoard.

Reads the records and the protocol buffers by their specifications alone, with a CRC32C by a table,
so that it shares nothing with what wrote them. Ends with an error where a checksum is wrong.
"""

import struct
import sys

POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected


def table():
    entries = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
        entries.append(crc)
    return entries


TABLE = table()


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        header = data[at : at + 8]
        (length,) = struct.unpack("<Q", header)
        (of_header,) = struct.unpack_from("<I", data, at + 8)
        body = data[at + 12 : at + 12 + length]
        (of_body,) = struct.unpack_from("<I", data, at + 12 + length)
        if masked_crc(header) != of_header or masked_crc(body) != of_body:
            sys.exit("wrong checksum at byte %d" % at)
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            (value,) = struct.unpack_from("<d", data, at)
            at += 8
        elif wire == 5:
            (value,) = struct.unpack_from("<f", data, at)
            at += 4
        elif wire == 2:
            length, at = varint(data, at)
            value = data[at : at + length]
            at += length
        else:
            sys.exit("wire type %d" % wire)
        yield key >> 3, value


def main(path):
    with open(path, "rb") as file:
        events = [dict(fields(record)) for record in records(file.read())]
    if events[0].get(3) != b"brain.Event:2":
        sys.exit("no version at the beginning")
    for event in events:
        if not event[1] > 1e9:
            sys.exit("no wall time")
        for number, value in fields(event.get(5, b"")):
            scalar = dict(fields(value))
            print(event.get(2, 0), scalar[1].decode(), "%.9g" % scalar[2])


main(sys.argv[1])
