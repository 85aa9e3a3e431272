"""Stands before a PostgreSQL that knows no TLS, and asks of its clients what one with TLS asks.

usage: tls_proxy.py PORT CERTIFICATE KEY; prints its own port, and ends with standard input.
"""

import socket
import ssl
import sys
import threading

SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])

port, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(client):
    if client.recv(8) != SSL_REQUEST:
        client.close()
        return
    client.sendall(b"S")
    try:
        client = context.wrap_socket(client, server_side=True)
    except (ssl.SSLError, OSError):
        return
    server = socket.create_connection(("127.0.0.1", int(port)))
    threading.Thread(target=copy, args=(client, server), daemon=True).start()
    copy(server, client)


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
sys.stdin.read()
