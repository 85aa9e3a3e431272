import { fromFileUrl, resolve } from "@std/path";
import { z } from "zod";

/** The repository's root, where relative paths start. */
const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** A folder on the web with `manifest.json` and `encoder.onnx` in it. */
export interface BundleUrl {
  kind: "url";
  /** Ends in a slash. */
  url: string;
  /** Id that the bundle must have; undefined if any will do. */
  id: string | undefined;
}

/** Where the bundle comes from. */
export type BundleAddress = { kind: "folder"; path: string } | BundleUrl;

/** `https://host/path`, with the id that the bundle must have after `#`, or a folder. */
export const bundleAddressSchema: z.ZodType<BundleAddress, string> = z.string().min(1)
  .transform((text, context) => {
    if (!/^[a-z][a-z\d+.-]+:\/\//i.test(text)) return { kind: "folder", path: resolve(ROOT, text) };
    const address = parseUrl(text);
    if (address) return address;
    context.addIssue({ code: "custom", message: "must be an https URL" });
    return z.NEVER;
  });

function parseUrl(text: string): BundleUrl | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username || url.password || url.search) return undefined;
  const id = url.hash.slice(1);
  if (id !== "" && !/^[0-9a-f]{64}$/.test(id)) return undefined;
  url.hash = "";
  return { kind: "url", url: url.href.replace(/\/?$/, "/"), id: id || undefined };
}
