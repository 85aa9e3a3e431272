import { fromFileUrl } from "@std/path";
import { z } from "zod";
import { isLoopback } from "./loopback.ts";

/** Where embeddings and collections are kept. */
export type StoreAddress =
  /** Absolute path of a SQLite file; undefined for one in memory. */
  | { kind: "sqlite"; path: string | undefined }
  | PostgresAddress;

/** How a PostgreSQL server is reached. */
export interface PostgresAddress {
  kind: "postgres";
  /** A host's name or address, or the folder of a Unix socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  tls: TlsMode;
  /** File with the certificates of those who may vouch for the server, in place of the system's. */
  rootCertificates: string | undefined;
}

/** As PostgreSQL's own clients have them: none, without looking at the certificate, and looking at it and the name. */
const TLS_MODES = ["disable", "require", "verify-full"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

const PARAMETERS = ["host", "sslmode", "sslrootcert"];

/** Text of the setting STORE_URL. Messages do not show it, since it may have a password. */
export const storeAddressSchema: z.ZodType<StoreAddress, string> = z.string().transform((text, context) => {
  try {
    return readAddress(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

function readAddress(text: string): StoreAddress {
  if (text === "sqlite::memory:") return { kind: "sqlite", path: undefined };
  if (/^sqlite:\/\/\/./.test(text)) {
    return { kind: "sqlite", path: fromFileUrl(text.replace("sqlite:", "file:")) };
  }
  if (/^postgres(ql)?:\/\//.test(text)) return readPostgresAddress(text);
  throw new Error(`a URL that begins with ${JSON.stringify(text.slice(0, text.indexOf(":") + 1))}`);
}

/** `URL` wants a host, which an address of a socket has not: it gets one here. */
function readPostgresAddress(text: string): PostgresAddress {
  const [, credentials = "", rest = ""] = /^[a-z]+:\/\/(?:([^@/?]*)@)?(.*)$/s.exec(text)!;
  const hasHost = !/^[:/?]/.test(rest) && rest !== "";
  const url = URL.parse(`postgres://${hasHost ? rest : `socket${rest}`}`);
  if (!url) throw new Error("a postgres URL that cannot be parsed");
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new Error(`the parameter ${unknown}, which is none of ${PARAMETERS.join(", ")}`);
  }

  const host = url.searchParams.get("host") ?? (hasHost ? url.hostname.replace(/^\[|\]$/g, "") : undefined);
  const [user = "", password = ""] = credentials.split(/:(.*)/s).map(decodeURIComponent);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!host) throw new Error("a postgres URL without a host");
  if (!user) throw new Error("a postgres URL without a user");
  if (!database) throw new Error("a postgres URL without a database");
  const isNear = host.startsWith("/") || isLoopback(host);
  const tls = url.searchParams.get("sslmode") ?? (isNear ? "disable" : "verify-full");
  if (!isTlsMode(tls)) throw new Error(`sslmode=${tls}, which is none of ${TLS_MODES.join(", ")}`);
  const port = url.port === "" ? 5432 : Number(url.port);
  const rootCertificates = url.searchParams.get("sslrootcert") ?? undefined;
  return { kind: "postgres", host, port, database, user, password, tls, rootCertificates };
}

function isTlsMode(text: string): text is TlsMode {
  return (TLS_MODES as readonly string[]).includes(text);
}
