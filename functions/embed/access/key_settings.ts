import { decodeHex } from "@std/encoding/hex";
import { z } from "zod";
import { CALLER_RIGHTS, hashKey, type Key, type Right, RIGHTS } from "./key.ts";

/** Requests per minute of one client address with a publishable key of which nothing else is said. */
const PAGE_REQUESTS_PER_MINUTE = 600;

/** Words of one key; messages name the key, and never show what may be a secret. */
interface Entry {
  name: string;
  words: string[];
}

type Refuse = (what: string) => void;

/** Text of the setting API_KEYS: `NAME sha256:HEX [RIGHT ...]` for each key, separated by ";". */
export const secretKeysSchema: z.ZodType<Key[], string> = z.string().transform((text, context) =>
  readEntries(text, context, ({ name, words: [digest = "", ...rights] }, refuse) => {
    const hash = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hash === undefined) refuse("its second word is not sha256: and 64 hex digits");
    const unknown = rights.find((right) => !(RIGHTS as readonly string[]).includes(right));
    if (unknown !== undefined) refuse(`${JSON.stringify(unknown)} is not ${RIGHTS.join(", ")}`);
    return {
      name,
      hash: decodeHex(hash ?? ""),
      rights: rights.length > 0 ? rights as Right[] : CALLER_RIGHTS,
    };
  })
);

/** Text of PUBLISHABLE_KEYS: `NAME pk_... ORIGIN [ORIGIN ...] [N/min]` for each key, separated by ";". */
export const publishableKeysSchema: z.ZodType<Key[], string> = z.string().transform((text, context) =>
  readEntries(text, context, ({ name, words: [key = "", ...rest] }, refuse) => {
    if (!/^pk_[\w-]{20,}$/.test(key)) {
      refuse("its second word is not pk_ and at least 20 letters, digits, _ or -");
    }
    const rate = /^([1-9]\d{0,6})\/min$/.exec(rest.at(-1) ?? "")?.[1];
    const origins = rate === undefined ? rest : rest.slice(0, -1);
    const wrong = origins.find((origin) => !isOrigin(origin));
    if (wrong !== undefined) refuse(`${JSON.stringify(wrong)} is not an origin such as https://shop.example`);
    if (origins.length === 0) refuse("it has no origin such as https://shop.example");
    const perMinute = rate === undefined ? PAGE_REQUESTS_PER_MINUTE : Number(rate);
    return { name, hash: hashKey(key), rights: CALLER_RIGHTS, pages: { origins, perMinute } };
  })
);

function readEntries(
  text: string,
  context: z.RefinementCtx<string>,
  read: (entry: Entry, refuse: Refuse) => Key,
): Key[] {
  const entries = text.split(/[;\n]/).map((entry) => entry.trim()).filter((entry) => entry !== "");
  return entries.map((entry, index) => {
    const [name = "", ...words] = entry.split(/\s+/);
    const named = /^[a-z][a-z0-9-]{0,31}$/.test(name);
    const refuse = (what: string) => {
      context.addIssue({ code: "custom", message: `key ${index + 1}${named ? ` (${name})` : ""}: ${what}` });
    };
    if (!named) refuse("its first word is not a name of lower-case letters, digits and -");
    return read({ name, words }, refuse);
  });
}

/** Whether a browser would write the origin this way. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}
