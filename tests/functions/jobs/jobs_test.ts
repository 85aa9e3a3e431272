import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { hashKey } from "../../../functions/embed/access/key.ts";
import { openJobs } from "../../../functions/embed/jobs/open_jobs.ts";
import { jobSchema, jobsSchema } from "../../../shared/jobs/job_api.ts";
import { openQueue } from "../../../trainer/retrain/open_queue.ts";
import {
  type PostgresAddress,
  type StoreAddress,
  storeAddressSchema,
} from "../../../shared/store_address.ts";
import { startPostgres } from "../store/postgres_server.ts";
import { json, refusal, type TestApp, withApp } from "../test_app.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.close());
const postgres = storeAddressSchema.parse(server.url) as PostgresAddress;

const SPEC = { kind: "train", until: "publish", data: ["s3://shop/photos"], options: { epochs: 2 } };

/** Each test runs against both queues. */
function testJobs(name: string, test: (app: TestApp, url: string) => Promise<void>): void {
  Deno.test(`${name} (SQLite)`, async () => {
    const folder = await Deno.makeTempDir();
    const url = `sqlite://${join(folder, "store.db")}`;
    await withJobs(storeAddressSchema.parse(url), (app) => test(app, url));
    await Deno.remove(folder, { recursive: true });
  });
  Deno.test(`${name} (PostgreSQL)`, () => withJobs(postgres, (app) => test(app, server.url)));
}

async function withJobs(address: StoreAddress, test: (app: TestApp) => Promise<void>): Promise<void> {
  const jobs = openJobs(address, () => {});
  try {
    await withApp(test, {
      jobs,
      access: {
        keys: [],
        anonymous: { allowed: false },
        publicLookup: false,
        trustedProxies: [],
        publicCollections: [],
      },
    });
  } finally {
    await jobs.close();
  }
}

const HERE = "127.0.0.1";
const file = async (app: TestApp, spec: unknown, headers: HeadersInit = {}) =>
  await app.request("/v1/jobs", {
    ...json(spec),
    headers: { "Content-Type": "application/json", ...headers },
  }, HERE);

testJobs("a job that is filed over HTTP is a worker's to do, and shows how far it is", async (app, url) => {
  const filed = await file(app, SPEC);
  assertEquals(filed.status, 202);
  const job = jobSchema.parse(await filed.json());
  assertEquals(filed.headers.get("Location"), `/v1/jobs/${job.id}`);
  assertEquals([job.state, job.spec.kind, job.spec.until], ["waiting", "train", "publish"]);

  const worker = await openQueue(url);
  const claim = await worker.claim("w1");
  assertEquals(claim?.job.id, job.id);
  const curve = [{ step: 10, loss: 5.9, accuracy: 0.1 }];
  await worker.heartbeat(claim!, { share: 0.25, note: "steps 10/40", curve });
  const get = async () => jobSchema.parse(await (await app.request(`/v1/jobs/${job.id}`, {}, HERE)).json());
  const running = await get();
  assertEquals([running.state, running.worker, running.progress], [
    "running",
    "w1",
    { share: 0.25, note: "steps 10/40", curve },
  ]);
  await worker.complete(claim!, { run: "r" });
  await worker.close();
  assertEquals((await get()).result, { run: "r" });
  for (const [method, path] of [["PUT", `${job.id}/cancelled`], ["DELETE", job.id]] as const) {
    const late = await refusal(await app.request(`/v1/jobs/${path}`, { method }, HERE));
    assertEquals([late.status, late.code], [409, "job_ended"]);
  }
  assertEquals((await get()).state, "done");
});

testJobs(
  "a job can be cancelled, which a worker hears of, and is filed once under a key",
  async (app, url) => {
    const job = jobSchema.parse(await (await file(app, SPEC, { "Idempotency-Key": "night-1" })).json());
    const worker = await openQueue(url);
    const claim = await worker.claim("w1");
    const cancelled = await app.request(`/v1/jobs/${job.id}/cancelled`, { method: "PUT" }, HERE);
    assertEquals([cancelled.status, jobSchema.parse(await cancelled.json()).state], [200, "cancelled"]);
    assertEquals(await worker.heartbeat(claim!), false);
    await worker.close();
    const again = jobSchema.parse(await (await file(app, SPEC, { "Idempotency-Key": "night-1" })).json());
    assertEquals([again.id, again.state], [job.id, "cancelled"]);
  },
);

testJobs("a job that is deleted is cancelled and gone, for its worker too", async (app, url) => {
  const { id } = jobSchema.parse(await (await file(app, SPEC)).json());
  const worker = await openQueue(url);
  const claim = await worker.claim("w1");
  const deleted = await app.request(`/v1/jobs/${id}`, { method: "DELETE" }, HERE);
  assertEquals([deleted.status, jobSchema.parse(await deleted.json()).state], [200, "cancelled"]);
  assertEquals(await worker.heartbeat(claim!), false);
  assertEquals(await worker.complete(claim!, { run: "r" }), false);
  await worker.close();
  const gone = await refusal(await app.request(`/v1/jobs/${id}`, {}, HERE));
  assertEquals([gone.status, gone.code], [404, "unknown_job"]);
});

testJobs("the list has pages", async (app) => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.unshift(jobSchema.parse(await (await file(app, { kind: "reembed" })).json()).id);
  }
  const list = async (query: string) =>
    jobsSchema.parse(await (await app.request(`/v1/jobs?state=waiting&${query}`, {}, HERE)).json());
  const first = await list("limit=2");
  assertEquals([first.data.map(({ id }) => id), first.next], [ids.slice(0, 2), ids[1]]);
  const second = await list(`limit=2&before=${first.next}`);
  assertEquals(second.data[0]?.id, ids[2]);
});

testJobs("what is no job is refused by name", async (app) => {
  const refused = async (spec: unknown, headers: HeadersInit = {}) => {
    const { status, code, message } = await refusal(await file(app, spec, headers));
    assertMatch(message, /^Cannot /);
    return [status, code];
  };
  assertEquals(await refused({ kind: "dance" }), [400, "invalid_request"]);
  assertEquals(await refused({ ...SPEC, options: { out: "/etc" } }), [400, "invalid_request"]);
  assertEquals(await refused({ ...SPEC, until: "yesterday" }), [400, "invalid_request"]);
  assertEquals(await refused(SPEC, { "Content-Type": "text/plain" }), [400, "invalid_json"]);
  assertEquals(await refused(SPEC, { "Idempotency-Key": "a b" }), [400, "invalid_parameter"]);
  assertEquals(
    await refused({ ...SPEC, data: Array(32).fill("x".repeat(1024)), options: { views: "v".repeat(64000) } }),
    [
      413,
      "body_too_large",
    ],
  );
  for (const id of [crypto.randomUUID(), "none", "..%2f"]) {
    for (const [method, path] of [["GET", id], ["DELETE", id], ["PUT", `${id}/cancelled`]] as const) {
      const { status, code } = await refusal(await app.request(`/v1/jobs/${path}`, { method }, HERE));
      assertEquals([status, code], [404, "unknown_job"]);
    }
  }
  const { code } = await refusal(await app.request("/v1/jobs?limit=0", {}, HERE));
  assertEquals(code, "invalid_parameter");
});

Deno.test("jobs are for keys that have the right", async () => {
  const key = (name: string, rights: readonly ("jobs" | "embed" | "collections-write")[]) => ({
    name,
    hash: hashKey(name),
    rights,
  });
  const access = {
    keys: [key("nightly", ["jobs"]), key("backend", ["embed", "collections-write"])],
    anonymous: { allowed: true },
    publicLookup: true,
    publicCollections: [],
    trustedProxies: [],
  };
  const jobs = openJobs({ kind: "sqlite", path: undefined }, () => {});
  await withApp(async (app) => {
    const codeFor = async (name?: string) => {
      const headers = name === undefined ? undefined : { Authorization: `Bearer ${name}` };
      return (await refusal(await app.request("/v1/jobs", { headers }))).code;
    };
    assertEquals(await codeFor(), "missing_api_key");
    assertEquals(await codeFor("backend"), "missing_right");
    // It may, but a store in memory is no queue for workers.
    assertEquals(await codeFor("nightly"), "no_jobs");
    const preflight = await app.request("/v1/jobs", {
      method: "OPTIONS",
      headers: { Origin: "https://stranger.example", "Access-Control-Request-Method": "POST" },
    });
    assertNotEquals(preflight.headers.get("Access-Control-Allow-Origin"), "*");
  }, { jobs, access });
});

Deno.test("a queue that cannot be opened leaves no thread behind, which would keep its process from ending", async () => {
  const folder = await Deno.makeTempDir();
  const script = join(folder, "open.ts");
  const module = new URL("../../../functions/embed/jobs/open_jobs.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { openJobs } from ${JSON.stringify(module)};
     const jobs = openJobs({ kind: "sqlite", path: ${JSON.stringify(folder)} }, () => {});
     await jobs.queue().catch(({ message }) => console.log(message));`,
  );
  const config = fromFileUrl(new URL("../../../deno.json", import.meta.url));
  const child = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", `--config=${config}`, script],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const killing = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(killing);
  const text = new TextDecoder().decode(stdout);
  assertEquals(
    [code, text],
    [0, `unable to open database file: ${folder}\n`],
    new TextDecoder().decode(stderr),
  );
  await Deno.remove(folder, { recursive: true });
});
