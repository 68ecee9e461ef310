"""Names in *.test for programs in Python: a connection to port 443 of a name of NAMES
("home.test=4443,other.test=4444") goes to that port of this machine instead."""
import os
import socket

_ports = dict(pair.split("=") for pair in os.environ.get("NAMES", "").split(",") if pair)
_getaddrinfo = socket.getaddrinfo


def _lookup(host, port, *args, **kwargs):
    if host in _ports:
        return _getaddrinfo("127.0.0.1", int(_ports[host]), *args, **kwargs)
    return _getaddrinfo(host, port, *args, **kwargs)


socket.getaddrinfo = _lookup
