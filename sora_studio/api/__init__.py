"""The HTTP API: parse, call one service method, shape the answer."""
