import { fromFileUrl } from "@std/path";
import { startServer } from "./start_server.ts";

const SCRIPT = fromFileUrl(new URL("./s3_server.py", import.meta.url));

export interface S3Server {
  /** Where it listens, without a slash at the end; it has an empty bucket named `bucket`. */
  url: string;
  /** Variables of the environment that its bucket is reached with. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/**
 * Starts an S3 server of its own that checks signatures: moto, a Python package.
 *
 * @throws {Error} if that is not possible: a test that needs it then fails
 */
export async function startS3(): Promise<S3Server> {
  const { lines, close } = await startServer([SCRIPT], 1);
  const [url = "", accessKeyId = "", secretAccessKey = ""] = (lines[0] ?? "").trim().split(" ");
  if (!secretAccessKey) {
    throw new Error(`Cannot start S3: it must print its URL and a key: received ${JSON.stringify(lines)}`);
  }
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
    close,
  };
}
