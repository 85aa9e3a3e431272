import { collectionTag, groupTag } from "../cache_tags.ts";
import type { Store } from "../store/store.ts";
import type { Change } from "./webhook.ts";

/**
 * What a message says of a change: for each picture that led a group, or does, who leads that group now (null where
 * the picture was taken out), and by which tags to purge what was said before.
 */
export async function describeChange(
  store: Pick<Store, "placement">,
  { collection, bundle, groups }: Change,
): Promise<object> {
  const described = [];
  for (const sha256 of groups) {
    const canonical = (await store.placement(bundle, collection, { sha256 }))?.canonical;
    described.push({
      sha256,
      canonical: canonical ? { sha256: canonical.sha256, id: canonical.id, url: canonical.url } : null,
    });
  }
  return { model: bundle, groups: described, purge: [collectionTag(collection), ...groups.map(groupTag)] };
}
