import type { Dependencies } from "../../../functions/embed/app.ts";
import { createLocalInference } from "../../../functions/embed/inference/local_inference.ts";
import { RegistryBundles } from "../../../functions/embed/takeover/registry_bundles.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import type { ObjectStore } from "../../../shared/objects/object_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { candidate, promoted } from "../../shared/registry/candidates.ts";
import { encoder } from "../test_app.ts";

/** A registry of two bundles that were current and one that was refused, and what an endpoint needs to follow it. */
export interface Followed {
  registry: Registry;
  objects: ObjectStore;
  /** Of the three, in the order in which they were published. */
  ids: [string, string, string];
  dependencies: Pick<Dependencies, "bundles" | "followed">;
}

export async function withRegistry(use: (followed: Followed) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const objects = createFolderStore(folder, Deno);
  const registry = new Registry(objects);
  const [first, second] = await promoted(registry, 1, 2);
  const refused = await registry.publish(await candidate(3, 0.4));
  const bundles = await RegistryBundles.open({
    registry,
    fallback: () => Promise.reject(new Error("the registry has a bundle")),
    openInference: ({ manifest }) => Promise.resolve(createLocalInference(manifest, encoder, 25_000_000)),
    store: { missing: () => Promise.resolve(0) },
    longestSeconds: 0,
    log: () => {},
  });
  const followed = { registry, look: () => bundles.look() };
  try {
    await use({ registry, objects, ids: [first!, second!, refused], dependencies: { bundles, followed } });
  } finally {
    bundles.close();
    await Deno.remove(folder, { recursive: true });
  }
}
