import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRateLimiter } from "../../../functions/embed/access/rate_limit.ts";

Deno.test("createRateLimiter() allows a minute's requests at once, and then one at a time", () => {
  let now = 5_000;
  const take = createRateLimiter(() => now);
  for (let left = 599; left >= 0; left--) {
    const { allowed, remaining } = take("a", 600);
    assertEquals([allowed, remaining], [true, left]);
  }
  const { allowed, seconds } = take("a", 600);
  assertEquals(allowed, false);
  assertAlmostEquals(seconds, 0.1, 1e-6);
  assertEquals(take("b", 600).allowed, true);
  now += 100;
  assertEquals([take("a", 600).allowed, take("a", 600).allowed], [true, false]);
  now += 60_000;
  assertEquals(take("a", 600).remaining, 599);
});

Deno.test("createRateLimiter() lets through no more than the rate, however the requests are spread", () => {
  for (const perMinute of [1, 7, 60, 1000]) {
    let [now, allowed] = [0, 0];
    const take = createRateLimiter(() => now);
    // Ten minutes of a request every 17 ms.
    for (; now < 600_000; now += 17) if (take("a", perMinute).allowed) allowed++;
    // One burst, then the rate.
    const expected = perMinute + 10 * perMinute;
    assertEquals(Math.abs(allowed - expected) <= 1 + perMinute / 100, true, `${allowed} of ${expected}`);
  }
});
