import { createApp } from "./app.ts";
import { loadDependencies } from "./dependencies.ts";
import { gatherLines } from "./gather_lines.ts";
import { createConsoleLog, writeToConsole } from "./log.ts";
import { readSettings } from "./settings.ts";
import { drainOnSignals, exitWithMessage } from "./stop.ts";

const settings = await Promise.try(() => readSettings(Deno.env.get)).catch(exitWithMessage);
const log = createConsoleLog(settings.logLevel, gatherLines(writeToConsole));
const dependencies = await loadDependencies(settings, log).catch(exitWithMessage);
const draining = drainOnSignals(async () => {
  dependencies.bundles.close();
  await Promise.all([dependencies.jobs?.close(), dependencies.webhook?.close()]);
  await dependencies.store.close();
});

export default {
  fetch: createApp({ ...dependencies, draining }).fetch,
  onListen({ hostname, port }: Deno.NetAddr) {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const base = `http://${host}:${port}`;
    console.log(`Lookalike is ready: ${base}/v1/embeddings, with a page to try it at ${base}`);
  },
};
