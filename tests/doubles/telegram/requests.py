"""Reading a request's parameters in the four ways that the Bot API takes them."""

import json
import re
from urllib.parse import parse_qsl

from .state import bad


def parameters_of(query: str, content_type: str, body: bytes) -> tuple[dict, dict]:
    """Parameters and files: part name -> (file name, mime, bytes). What stands in the body wins."""
    found = dict(parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="strict"))
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return found, {}
    if kind == "application/json":
        try:
            given = json.loads(body)
        except ValueError:
            raise bad("can't parse JSON") from None
        if not isinstance(given, dict):
            raise bad("JSON object expected")
        return found | given, {}
    if kind == "multipart/form-data":
        values, files = multipart(body, content_type)
        return found | values, files
    if kind == "application/x-www-form-urlencoded":
        return found | dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True)), {}
    return found, {}


def multipart(body: bytes, content_type: str) -> tuple[dict, dict]:
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if not boundary:
        raise bad("boundary is missing")
    values, files = {}, {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', headers)
        file_name = re.search(r'filename="((?:[^"\\]|\\.)*)"', headers)
        mime = re.search(r"(?im)^content-type:\s*(\S+)", headers)
        if not name:
            continue
        if file_name:
            files[name[1]] = (file_name[1], mime[1] if mime else "application/octet-stream", data)
        else:
            values[name[1]] = data.decode("utf-8")
    return values, files
