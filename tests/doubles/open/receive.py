#!/usr/bin/env python3
"""Stands for a shop's own server: takes what Usher sends over the open channel and prints it, one line each.

    tests/doubles/open/receive.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Shop(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = event.get("message", {}).get("content", {})
        print(f"{event['type']} for {event['contact']['external_id']}: {content.get('text', '')}", flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
