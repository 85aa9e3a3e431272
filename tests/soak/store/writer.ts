import { openStore } from "../../../functions/embed/store/open_store.ts";
import { storeAddressSchema } from "../../../shared/store_address.ts";
import { BUNDLE, COLLECTION, pictureOf } from "./pictures.ts";

/*
 * Puts the pictures of numbers `from` to `to` into a store, one by one, prints the number of each that the store has
 * taken, and looks for each in between.
 */

const [url = "", from = "", to = ""] = Deno.args;
const store = await openStore(storeAddressSchema.parse(url), (entry) => console.error(entry));
for (let number = Number(from); number < Number(to); number++) {
  const { record, embedded } = pictureOf(number);
  await store.put(BUNDLE.id, embedded.embedding, embedded.traces);
  await store.putPicture(BUNDLE, COLLECTION, record);
  Deno.stdout.writeSync(new TextEncoder().encode(`${number}\n`));
  if (number % 10 !== 0) continue;
  const query = { sought: { vector: embedded.embedding.vector }, k: 20 };
  const found = await store.search(BUNDLE.id, COLLECTION, query);
  if (!found!.some(({ id }) => id === record.id)) throw new Error(`a search does not find ${number}`);
}
await store.close();
