import { createApp } from "./app.ts";
import { loadDependencies } from "./dependencies.ts";
import { logToConsole } from "./log.ts";
import { readSettings } from "./settings.ts";
import { exitWithMessage, stopOnSignals } from "./stop.ts";

const settings = await Promise.try(() => readSettings(Deno.env.get)).catch(exitWithMessage);
const dependencies = await loadDependencies(settings, logToConsole).catch(exitWithMessage);
stopOnSignals(() => dependencies.store.close());

export default {
  fetch: createApp(dependencies).fetch,
  onListen({ hostname, port }: Deno.NetAddr) {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    console.log(`Lookalike is ready: http://${host}:${port}/v1/embeddings`);
  },
};
