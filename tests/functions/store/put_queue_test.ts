import { assertEquals, assertRejects } from "@std/assert";
import { PutQueue } from "../../../functions/embed/store/put_queue.ts";
import { BUNDLE, embeddedOf, groupsOf, recordOf, testStores } from "./test_stores.ts";

Deno.test("put() writes what comes meanwhile in one go, and tells each what came of it", async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const written: string[][] = [];
  const queue = new PutQueue(async (_, collection, pictures) => {
    written.push([collection, ...pictures.map(({ id }) => id)]);
    await opened;
    return pictures.map(({ id }) => id === "b" ? undefined : { isNew: id === "c", changed: [] });
  });
  const results = ["a", "b", "c"].map((id) => queue.put(BUNDLE, "one", recordOf({ id, degrees: 0 })));
  const other = queue.put(BUNDLE, "other", recordOf({ id: "d", degrees: 0 }));
  open();
  assertEquals(await Promise.all([...results, other]), [
    { isNew: false, changed: [] },
    undefined,
    { isNew: true, changed: [] },
    { isNew: false, changed: [] },
  ]);
  await queue.put(BUNDLE, "one", recordOf({ id: "e", degrees: 0 }));
  assertEquals(written, [["one", "a"], ["other", "d"], ["one", "b", "c"], ["one", "e"]]);
});

Deno.test("put() fails for the picture that cannot be written, and for no other that came with it", async () => {
  let times = 0;
  const queue = new PutQueue((_, __, pictures) => {
    times++;
    if (pictures.some(({ id }) => id === "bad")) return Promise.reject(new Error("it is bad"));
    return Promise.resolve(pictures.map(() => ({ isNew: true, changed: [] })));
  });
  const put = (id: string) => queue.put(BUNDLE, "c", recordOf({ id, degrees: 0 }));
  const [first, second, bad, third] = [put("1"), put("2"), put("bad"), put("3")];
  await assertRejects(() => bad, Error, "it is bad");
  assertEquals([await first, await second, await third].map((result) => result?.isNew), [true, true, true]);
  assertEquals(times, 1 + 1 + 3);
  await assertRejects(() => put("bad"), Error, "it is bad");
  assertEquals(times, 1 + 1 + 3 + 1);
});

testStores("putPicture() takes many at once, also one id twice", async (store) => {
  const pictures = Array.from({ length: 40 }, (_, i) => ({ id: `p${i % 30}`, degrees: 30 * (i % 10) }));
  await store.putMany(BUNDLE.id, pictures.map(embeddedOf));
  const results = await Promise.all(
    [...pictures, { id: "unknown", degrees: 0 }].map((picture) =>
      store.putPicture(BUNDLE, "c", recordOf(picture))
    ),
  );
  assertEquals(
    results.map((result) => result?.isNew),
    [...pictures.map((_, i) => i < 30), undefined],
  );
  assertEquals((await groupsOf(store)).map((ids) => ids.length), Array(10).fill(3));
});
