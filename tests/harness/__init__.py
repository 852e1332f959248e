"""What end-to-end tests stand on: a running usherd, its API as a client sees it, its realtime socket, a fresh database.

Standard library only, and nothing shared with the code under test: signatures, WebSocket frames and the reading of the
OpenAPI document are written a second time here."""
