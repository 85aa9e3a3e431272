import { lookup } from "node:dns/promises";
import { dirname, join } from "@std/path";
import { StoreError } from "./store.ts";
import type { PostgresAddress, StoreAddress } from "../../../shared/store_address.ts";

/** What a process must be allowed to do to use a store. */
export interface StoreAccess {
  read: string[];
  write: string[];
  /** Variables of the environment. */
  environment: string[];
  /** Hosts to connect to, with their ports, and Unix sockets. */
  hosts: string[];
  /** What these are found at. */
  addresses: string[];
}

/** What PostgreSQL's client looks at for what it is not told. */
const POSTGRES_ENVIRONMENT = [
  "NODE_PG_FORCE_NATIVE",
  "PGAPPNAME",
  "PGBINARY",
  "PGCLIENT_ENCODING",
  "PGOPTIONS",
  "PGPASSWORD",
  "PGREPLICATION",
  "PGSSLNEGOTIATION",
  "USER",
];

/** @throws {StoreError} if the store's host is not known */
export async function storeAccess(store: StoreAddress): Promise<StoreAccess> {
  const none = { read: [], write: [], environment: [], hosts: [], addresses: [] };
  if (store.kind === "postgres") return await postgresAccess(store);
  if (store.path === undefined) return none;
  const folder = dirname(store.path);
  return { ...none, read: [folder], write: [folder] };
}

async function postgresAccess({ host, port, rootCertificates }: PostgresAddress): Promise<StoreAccess> {
  const read = rootCertificates === undefined ? [] : [rootCertificates];
  const environment = POSTGRES_ENVIRONMENT;
  if (host.startsWith("/")) {
    const socket = join(host, `.s.PGSQL.${port}`);
    return {
      read: [...read, socket],
      write: [socket],
      environment,
      hosts: [`unix:${socket}`],
      addresses: [],
    };
  }
  const name = host.includes(":") ? `[${host}]` : host;
  return { read, write: [], environment, hosts: [`${name}:${port}`], addresses: await findAddresses(host) };
}

async function findAddresses(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new StoreError(
      `Cannot open the store: STORE_URL must name a host that can be found: received ${host}`,
      {
        cause,
      },
    );
  }
}
