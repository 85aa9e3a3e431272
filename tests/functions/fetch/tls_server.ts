import { isPublicAddress } from "../../../functions/embed/fetch/public_address.ts";
import type { Network } from "../../../functions/embed/fetch/network.ts";

const FOLDER = new URL("../../../fixtures/tls/", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(name, FOLDER));
const certificate = { cert: read("server.pem"), key: read("server.key") };
const caCerts = [read("ca.pem")];

/** A server on 127.0.0.1 whose certificate is for photos.example.com and *.cdn.example.com. */
export interface TlsServer {
  port: number;
  /** Connections that were accepted so far, and bytes of requests that were read from them. */
  seen: { connections: number; bytes: number };
}

/** Runs `use` with an https server that answers by `handler`. */
export async function withHttps(
  handler: (request: Request) => Response | Promise<Response>,
  use: (server: TlsServer) => Promise<void>,
): Promise<void> {
  const seen = { connections: 0, bytes: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, ...certificate, onListen() {} }, (request) => {
    seen.connections++;
    return handler(request);
  });
  try {
    await use({ port: server.addr.port, seen });
  } finally {
    await server.shutdown();
  }
}

/** Runs `use` with a server that does with a connection, once the head of a request has come, what `answer` does. */
export async function withTls(
  answer: (conn: Deno.TlsConn) => Promise<void>,
  use: (server: TlsServer) => Promise<void>,
): Promise<void> {
  const seen = { connections: 0, bytes: 0 };
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificate });
  const serve = async (conn: Deno.TlsConn) => {
    seen.connections++;
    const buffer = new Uint8Array(10_000);
    // A client that goes away is what some tests are about.
    const bytes = await conn.read(buffer).catch(() => null);
    seen.bytes += bytes ?? 0;
    if (bytes !== null) await answer(conn).catch(() => {});
    try {
      conn.close();
    } catch {
      // Closed by `answer`.
    }
  };
  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) serving.push(serve(conn));
  })();
  try {
    await use({ port: listener.addr.port, seen });
  } finally {
    listener.close();
    await accepting;
    await Promise.all(serving);
  }
}

/** A network in which every name leads to 127.0.0.1, which counts as public, and the tests' authority is trusted. */
export const localNetwork: Network = {
  resolve: () => Promise.resolve(["127.0.0.1"]),
  connect: (_, port, signal) => Deno.connect({ hostname: "127.0.0.1", port, signal }),
  async startTls(conn, hostname) {
    const secure = await Deno.startTls(conn, { hostname, caCerts });
    await secure.handshake();
    return secure;
  },
  isPublic: (address) => address === "127.0.0.1" || isPublicAddress(address),
};
