import { parseArgs } from "node:util";
import { encodeHex } from "@std/encoding/hex";
import { hashKey, RIGHTS } from "./key.ts";
import { publishableKeysSchema, secretKeysSchema } from "./key_settings.ts";

/* `deno task key`: makes a key, and the words for the setting that allows it. Keeps nothing. */

const USAGE = `Makes a key for callers.

Usage: deno task key NAME [RIGHT ...]                             a secret key, for servers
       deno task key NAME --page ORIGIN [--page ORIGIN] [N/min]   a publishable key, for pages

  NAME    says in logs whose key it is
  RIGHT   one of ${RIGHTS.join(", ")}; embed and lookup unless told otherwise
  ORIGIN  of the pages that may use it, such as https://shop.example
  N/min   most requests of one client address; 600/min unless told otherwise`;

const { positionals: [name, ...rest], values: { page: origins, help } } = readArguments();
if (help || name === undefined) {
  console[help ? "log" : "error"](USAGE);
  Deno.exit(help ? 0 : 2);
}

const random = crypto.getRandomValues(new Uint8Array(32)).toBase64({
  alphabet: "base64url",
  omitPadding: true,
});
const key = origins ? `pk_${random}` : `sk_${random}`;
const words = origins
  ? [name, key, ...origins, ...rest]
  : [name, `sha256:${encodeHex(hashKey(key))}`, ...rest];
const setting = words.join(" ");
const result = (origins ? publishableKeysSchema : secretKeysSchema).safeParse(setting);
if (!result.success) {
  console.error(`Cannot make a key: ${result.error.issues.map(({ message }) => message).join("; ")}`);
  Deno.exit(2);
}
console.log(`The key, ${origins ? "for the pages" : "shown this once, for the caller"}:
${key}
To be added to ${origins ? "PUBLISHABLE_KEYS" : "API_KEYS"}, separated from others by ";":
${setting}`);

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { page: { type: "string", multiple: true }, help: { type: "boolean" } },
    });
  } catch (error) {
    console.error(`Cannot make a key: ${(error as Error).message}\n\n${USAGE}`);
    Deno.exit(2);
  }
}
