import { Command } from "commander";
import { comparisonSchema } from "../../shared/registry/comparison.ts";
import { RefusedCandidateError, UnknownBundleError } from "../../shared/registry/errors.ts";
import type { Registry } from "../../shared/registry/registry.ts";
import { publishCandidate } from "../retrain/publish_candidate.ts";
import { readJson } from "../files/read_json.ts";
import { atLeast } from "./option_values.ts";
import { openRegistry, registryOption } from "./registry_options.ts";

/** Bundles that were current and stay, unless told otherwise. */
const KEEP = 5;

interface Place {
  registry: string;
}

/** `deno task registry`: which bundles there are, which one is current, and how that changes. */
export const registryCommand = new Command("registry")
  .description("See, publish, promote, roll back and delete the bundles of a registry (docs/retraining.md).")
  .addCommand(
    subcommand("list", "every bundle, the newest first")
      .option("--json", "print JSON", false)
      .action(async ({ registry, json }: Place & { json: boolean }) => {
        const bundles = await openRegistry(registry).list();
        if (bundles.length === 0) console.error(`There is no bundle in ${registry}`);
        if (json) console.log(JSON.stringify(bundles));
        for (const { id, standing, published } of json ? [] : bundles) {
          console.log(`${id}  ${standing.padEnd(11)}  ${new Date(published).toISOString()}`);
        }
      }),
  )
  .addCommand(
    subcommand("publish", "put a bundle there, and make it current if the gate has passed it")
      .argument("<bundle>", "its folder")
      .requiredOption("--comparison <file>", 'what "deno task gate" wrote of it')
      .action(async (folder: string, { registry, comparison }: Place & { comparison: string }) => {
        const found = await readJson(
          comparison,
          comparisonSchema,
          "--comparison",
          'a file that "deno task gate --out" wrote',
        );
        const { id, refusal } = await publishCandidate(openRegistry(registry), folder, found);
        if (refusal.length > 0) {
          throw new RefusedCandidateError(
            `Cannot make the bundle ${id} current: the gate must have passed it: ${refusal.join("; ")}`,
          );
        }
        console.log(`${id} is current`);
      }),
  )
  .addCommand(
    subcommand("promote", "make a bundle current that is there")
      .argument("<id>", "its id, or enough of its beginning")
      .action(async (start: string, { registry: place }: Place) => {
        const registry = openRegistry(place);
        const id = await findId(registry, start);
        await registry.promote(id);
        console.log(`${id} is current`);
      }),
  )
  .addCommand(
    subcommand("rollback", "make the bundle current that was so before").action(
      async ({ registry }: Place) => {
        const { bundles } = await openRegistry(registry).rollBack();
        console.log(`${bundles.at(-1)!.id} is current`);
      },
    ),
  )
  .addCommand(
    subcommand("gc", "delete bundles: not the current one, those before it that are kept, and today's")
      .option("--keep <number>", "bundles that were current and stay, at least 2", atLeast(2), KEEP)
      .action(async ({ registry, keep }: Place & { keep: number }) => {
        for (const id of await openRegistry(registry).collectGarbage(keep)) console.log(`deleted ${id}`);
      }),
  );

function subcommand(name: string, description: string): Command {
  return new Command(name).description(description).addOption(registryOption());
}

/** @throws {UnknownBundleError} if no bundle's id begins so, or several do */
async function findId(registry: Registry, start: string): Promise<string> {
  const found = (await registry.list()).map(({ id }) => id).filter((id) => id.startsWith(start));
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  throw new UnknownBundleError(
    `Cannot find the bundle: an id that begins with ${start} is required: ${registry.location} has ${found.length}`,
  );
}
