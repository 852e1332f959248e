"""A WebSocket client after RFC 6455, no more of it than a test needs. It masks, answers pings and checks the handshake."""

import base64
import hashlib
import os
import socket
import struct
from urllib.parse import urlsplit

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Refused(Exception):
    """The server answered the upgrade with something else than 101."""

    def __init__(self, status: int, head: str):
        super().__init__(f"upgrade refused with {status}")
        self.status, self.head = status, head


class Closed(Exception):
    def __init__(self, code: int | None):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    def __init__(self, base: str, target: str, headers: dict | None = None, timeout: float = 20):
        place = urlsplit(base)
        self.socket = socket.create_connection((place.hostname, place.port), timeout=timeout)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {target} HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, head.decode("latin-1"))
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if f"sec-websocket-accept: {accept}".lower() not in head.decode("latin-1").lower():
            self.socket.close()
            raise AssertionError("the server's Sec-WebSocket-Accept does not belong to our key")

    def send(self, text: str) -> None:
        self._send(0x1, text.encode())

    def receive(self, timeout: float = 20) -> str:
        """The next text message. Raises Closed at the end, TimeoutError when nothing comes."""
        self.socket.settimeout(timeout)
        whole = b""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if second & 0x80:
                raise AssertionError("a server's frames are never masked")
            if size == 126:
                size = struct.unpack("!H", self._take(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self._take(8))[0]
            payload, kind = self._take(size), first & 0x0F
            if kind == 0x8:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None
                self.drop()
                raise Closed(code)
            if kind == 0x9:
                self._send(0xA, payload)
            elif kind in (0x0, 0x1, 0x2):
                whole += payload
                if first & 0x80:
                    return whole.decode()

    def close(self) -> None:
        try:
            self._send(0x8, struct.pack("!H", 1000))
        except OSError:
            pass  # the other side was faster
        self.drop()

    def drop(self) -> None:
        """Gone without a word, as a lost network."""
        self.socket.close()

    def _send(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        if len(payload) < 126:
            size = struct.pack("!B", 0x80 | len(payload))
        elif len(payload) < 65536:
            size = struct.pack("!BH", 0x80 | 126, len(payload))
        else:
            size = struct.pack("!BQ", 0x80 | 127, len(payload))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise Closed(None)
        self.buffer += data
