/*
 * `deno task soak <name> [arguments]`: runs the soak of that name, which is a file in this folder. What takes minutes, and
 * is therefore no test. Its `run` prints what it found as Markdown, and throws where the product failed.
 */

import { runNamed } from "../run_named.ts";

if (import.meta.main) await runNamed(new URL("./", import.meta.url), Deno.args, "soak");
