/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError } from "/client.js";
import { ask, type Bundle, type Job } from "./admin_api.ts";
import { bundleEntry } from "./bundle_entry.ts";
import { byId } from "./element.ts";
import { jobEntry } from "./job_entry.ts";
import { askForKey, onKey, wantsKey } from "./key.ts";

/** How often everything is asked for anew while the page is seen. */
const SECONDS = 3;

/** Bundles whose figures are shown. */
const open = new Set<string>();
/** What was shown last, so that nothing is made anew, and loses the keyboard's focus, without a reason. */
const shown = new Map<string, string>();

async function show(): Promise<void> {
  await Promise.all([showBundles(), showJobs()]);
}

async function showBundles(): Promise<void> {
  const bundles = await list<Bundle>(
    "/v1/bundles",
    "bundles",
    "no_registry",
    "This endpoint has no registry.",
  );
  byId("rollback").hidden = !bundles?.some(({ standing }) => standing === "previous");
  if (bundles?.length === 0) say("bundles", "The registry has no encoder yet.");
  if (!bundles || !hasChanged("bundles", bundles)) return;
  byId("bundles").replaceChildren(...bundles.map((bundle) => {
    const entry = bundleEntry(bundle, open.has(bundle.id), promote);
    entry.querySelector("details")?.addEventListener("toggle", ({ currentTarget }) => {
      if ((currentTarget as HTMLDetailsElement).open) open.add(bundle.id);
      else open.delete(bundle.id);
    });
    return entry;
  }));
}

async function showJobs(): Promise<void> {
  const jobs = await list<Job>("/v1/jobs", "jobs", "no_jobs", "This endpoint has no queue of jobs.");
  if (jobs?.length === 0) say("jobs", "No job was filed yet.");
  if (!jobs || !hasChanged("jobs", jobs)) return;
  byId("jobs").replaceChildren(...jobs.map((job) => jobEntry(job, cancel)));
}

/** What the endpoint lists, or undefined where it does not, and the page says why. */
async function list<Item>(
  path: string,
  name: "bundles" | "jobs",
  absentCode: string,
  absent: string,
): Promise<Item[] | undefined> {
  try {
    const { data } = await ask<{ data: Item[] }>(path);
    byId(`no-${name}`).hidden = true;
    return data;
  } catch (error) {
    if (!(error instanceof EndpointError)) return trouble(error as Error);
    // Keys have rights of their own for each: the form asks for one only if it is not known at all.
    if (error.status === 401) askForKey(error);
    say(name, error.code === absentCode || error.status === 404 ? absent : error.message);
    return undefined;
  }
}

function say(name: "bundles" | "jobs", text: string): void {
  const note = byId(`no-${name}`);
  note.textContent = text;
  note.hidden = false;
}

function hasChanged(name: string, value: unknown): boolean {
  const text = JSON.stringify(value);
  const isNew = shown.get(name) !== text;
  shown.set(name, text);
  return isNew;
}

async function change(path: string, method: string, done: string): Promise<void> {
  try {
    await ask(path, method);
    byId("trouble").hidden = true;
    byId("status").textContent = done;
  } catch (error) {
    if (wantsKey(error as Error)) askForKey(error as EndpointError);
    trouble(error as Error);
  }
  await show();
}

async function promote({ id }: Bundle): Promise<void> {
  if (!confirm(`Make ${id.slice(0, 12)} the encoder that is served?`)) return;
  await change(`/v1/bundles/${id}/current`, "PUT", `${id.slice(0, 12)} is current`);
}

async function rollBack(): Promise<void> {
  if (!confirm("Serve the encoder again that was served before?")) return;
  await change("/v1/bundles/current", "DELETE", "Rolled back");
}

async function cancel({ id, spec }: Job): Promise<void> {
  if (!confirm(`Cancel this ${spec.kind}?`)) return;
  await change(`/v1/jobs/${id}`, "DELETE", "Cancelled");
}

function trouble({ message }: Error): undefined {
  byId("trouble").textContent = message;
  byId("trouble").hidden = false;
}

async function follow(): Promise<void> {
  if (document.visibilityState === "visible") await show();
  setTimeout(follow, SECONDS * 1000);
}

byId("rollback").addEventListener("click", rollBack);
onKey(show);
follow();
