import { resolve } from "@std/path";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { JOB_KINDS, type JobKind, jobSpecSchema } from "../../shared/jobs/job.ts";
import { openQueue } from "../retrain/open_queue.ts";
import { SettingsError } from "../moco/settings.ts";
import { PRESETS } from "../presets/presets.ts";
import { storeOption } from "./queue_options.ts";

type OptionValues = Record<string, string | number | boolean>;

interface Options {
  store: string;
  data: string[];
  scratch: boolean;
  oldPerNew?: number;
  preset?: string;
  until: JobKind;
  key?: string;
  train?: OptionValues;
  export?: OptionValues;
}

/** `deno task retrain`: files a job for the worker. */
export const retrainCommand = new Command("retrain")
  .description("File a job: train, and what follows, for `deno task worker` to do.")
  .addOption(storeOption())
  .requiredOption("--data <place...>", "folders, .tar files, s3://bucket/prefix, lists of URLs (.txt)")
  .option("--scratch", "begin with random weights, also where a run is published", false)
  .option("--old-per-new <number>", "so many old pictures for each new one (all of them)", Number)
  .addOption(new Option("--preset <name>", "of `deno task train`").choices(Object.keys(PRESETS)))
  .addOption(
    new Option("--until <kind>", "the last of the jobs that follow").choices(JOB_KINDS).default("reembed"),
  )
  .option("--train <option=value...>", "options of `deno task train`, such as epochs=10", addValue)
  .option("--export <option=value...>", "options of `deno task export`, such as layer=projection", addValue)
  .option("--key <name>", "file it once under this name, however often it is filed")
  .action(async (options: Options) => {
    const { store, data, scratch, oldPerNew, preset, until, key } = options;
    const result = jobSpecSchema.safeParse({
      ...{ kind: "train", until, oldPerNew, preset, start: scratch ? "scratch" : "published" },
      data: data.map((place) => /^[a-z0-9]+:\/\//.test(place) ? place : resolve(place)),
      options: options.train,
      export: options.export,
    });
    if (!result.success) {
      throw new SettingsError(`Cannot file the job: it is not valid:\n${z.prettifyError(result.error)}`);
    }
    const queue = await openQueue(store);
    try {
      const { id, state } = await queue.file(result.data, key);
      console.log(JSON.stringify({ id, state }));
    } finally {
      await queue.close();
    }
  });

/** `name=value`, the value a number or a truth value if it looks like one. */
function addValue(text: string, before: OptionValues = {}): OptionValues {
  const [, name, value] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("option=value is required");
  const number = Number(value);
  return {
    ...before,
    [name]: value === "true" ? true : value === "false" ? false : Number.isFinite(number) ? number : value!,
  };
}
