/*
 * `deno task bench <name> [arguments]`: runs the measurement of that name, which is a file in this folder. Its `run`
 * prints figures as a table, or as JSON with `--json`.
 */

import { runNamed } from "../run_named.ts";

if (import.meta.main) await runNamed(new URL("./", import.meta.url), Deno.args, "measure");
