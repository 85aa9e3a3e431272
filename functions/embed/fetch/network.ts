import { lookup } from "node:dns/promises";
import { isPublicAddress } from "./public_address.ts";

/** What fetching needs of the system, so that tests can lead a name to a server of their own. */
export interface Network {
  /** All addresses of a name. */
  resolve(hostname: string): Promise<string[]>;
  connect(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn>;
  /** Shakes hands; rejects if the other side's certificate is not for that name. */
  startTls(conn: Deno.TcpConn, hostname: string): Promise<Deno.TlsConn>;
  isPublic(address: string): boolean;
}

export const systemNetwork: Network = {
  async resolve(hostname) {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  },
  connect: (hostname, port, signal) => Deno.connect({ hostname, port, signal }),
  async startTls(conn, hostname) {
    const secure = await Deno.startTls(conn, { hostname, alpnProtocols: ["http/1.1"] });
    await secure.handshake();
    return secure;
  },
  isPublic: isPublicAddress,
};
