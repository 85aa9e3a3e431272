import { AwsClient } from "aws4fetch";
import { changed } from "./folder_store.ts";
import { type ObjectInfo, type ObjectStore, ObjectStoreError } from "./object_store.ts";

export interface S3Location {
  /** Where the bucket is asked: `{endpoint}/{bucket}`, without a slash at the end. */
  bucket: string;
  /** Start of the names of all objects: empty, or with a slash at its end. */
  prefix: string;
  region: string;
  /** Requests are not signed where there are none. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** Milliseconds before each new attempt of a request that the server could not answer. */
const PAUSES = [200, 1000, 3000];

/**
 * A bucket of a server that speaks S3 as an object store.
 *
 * @param fetch what requests are sent with
 */
export function createS3Store(
  { bucket, prefix, region, credentials }: S3Location,
  fetch: (request: Request) => Promise<Response>,
): ObjectStore {
  const signer = credentials && new AwsClient({ ...credentials, region, service: "s3" });
  const location = `${bucket}/${prefix}`;
  const urlOf = (name: string) => `${bucket}/${(prefix + name).split("/").map(encodeURIComponent).join("/")}`;

  const attempt = async (url: string, init?: RequestInit): Promise<Response | ObjectStoreError> => {
    try {
      return await fetch(signer ? await signer.sign(url, init) : new Request(url, init));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return new ObjectStoreError(`Cannot use ${location}: the server must answer: ${reason}`, { cause });
    }
  };

  /** The answer, once the server has one. */
  const send = async (url: string, init?: RequestInit): Promise<Response> => {
    let outcome = await attempt(url, init);
    for (const pause of PAUSES) {
      if (outcome instanceof Response && !isBusy(outcome)) break;
      if (outcome instanceof Response) await outcome.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, pause));
      outcome = await attempt(url, init);
    }
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };

  const refused = async (response: Response, name: string): Promise<ObjectStoreError> => {
    const code = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
    return new ObjectStoreError(
      `Cannot use ${name} in ${location}: the server must allow it: it answered ${response.status}${
        code ? ` ${code}` : ""
      }`,
    );
  };

  return {
    location,
    async get(name) {
      const response = await send(urlOf(name));
      if (response.ok) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        return { bytes, version: response.headers.get("ETag") ?? "" };
      }
      const error = await refused(response, name);
      if (response.status !== 404 || error.message.endsWith("NoSuchBucket")) throw error;
      return undefined;
    },
    async put(name, bytes, after) {
      const condition: Record<string, string> = after === undefined
        ? {}
        : after === null
        ? { "If-None-Match": "*" }
        : { "If-Match": after };
      const write = (headers: Record<string, string>) =>
        send(urlOf(name), { method: "PUT", body: bytes, headers });
      let response = await write(condition);
      // Servers that know no conditions say so; there the last writer wins.
      if (response.status === 501) {
        await response.body?.cancel();
        response = await write({});
      }
      const isChanged = response.status === 412 || response.status === 409 ||
        (response.status === 404 && typeof after === "string");
      if (isChanged) {
        await response.body?.cancel();
        throw changed(location, name);
      }
      if (!response.ok) throw await refused(response, name);
      await response.body?.cancel();
    },
    async *list(start) {
      let token: string | undefined;
      do {
        // A space as %20: signatures are made of that, and servers differ in what they take + for.
        const query = new URLSearchParams({
          ...{ "list-type": "2", "encoding-type": "url", prefix: prefix + start },
          ...token === undefined ? {} : { "continuation-token": token },
        });
        const response = await send(`${bucket}?${String(query).replaceAll("+", "%20")}`);
        if (!response.ok) throw await refused(response, `${start}*`);
        const xml = await response.text();
        for (const [, contents] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          yield readContents(contents!, prefix);
        }
        token = textOf(xml, "NextContinuationToken");
      } while (token !== undefined);
    },
    async delete(name) {
      const response = await send(urlOf(name), { method: "DELETE" });
      if (!response.ok && response.status !== 404) throw await refused(response, name);
      await response.body?.cancel();
    },
  };
}

/** Whether asking again may help; 501 means that the server never will. */
function isBusy({ status }: Response): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** Names come encoded as in URLs, so that nothing in them is XML. */
function readContents(xml: string, prefix: string): ObjectInfo {
  const key = decodeURIComponent((textOf(xml, "Key") ?? "").replaceAll("+", " "));
  return {
    name: key.slice(prefix.length),
    bytes: Number(textOf(xml, "Size")),
    modified: Date.parse(textOf(xml, "LastModified") ?? ""),
  };
}

function textOf(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
}
