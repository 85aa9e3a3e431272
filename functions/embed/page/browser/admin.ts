/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError } from "/client.js";
import type { Bundle, Change, Job } from "./admin_api.ts";
import { ask } from "./ask.ts";
import { bundleEntry } from "./bundle_entry.ts";
import { changeEntries } from "./change_entries.ts";
import { byId } from "./element.ts";
import { EntryList } from "./entry_list.ts";
import { jobEntry } from "./job_entry.ts";
import { askForKey, onKey, wantsKey } from "./key.ts";

/** How often everything is asked for anew while the page is seen. */
const SECONDS = 3;
/** Jobs that are shown at first, and that the button adds. */
const JOBS = 20;
/** Of the endpoint: the longest list. */
const MOST_JOBS = 100;

const bundleList = new EntryList<Bundle>(byId("bundles"), (bundle) => bundleEntry(bundle, promote));
const jobList = new EntryList<Job>(byId("jobs"), (job) => jobEntry(job, cancel));
let mostJobs = JOBS;
/** The bundle that a roll back makes current. */
let previous: string | undefined;
/** Whether the endpoint did not answer when it was asked last. */
let isLost = false;

async function show(): Promise<void> {
  await Promise.all([showBundles(), showJobs()]);
}

async function showBundles(): Promise<void> {
  const absent = "This endpoint has no registry.";
  const answer = await list<{ data: Bundle[]; changes: Change[] }>(
    "/v1/bundles",
    "bundles",
    "no_registry",
    absent,
  );
  previous = answer?.data.find(({ standing }) => standing === "previous")?.id;
  byId("rollback").hidden = previous === undefined;
  byId("rollback").textContent = `Roll back to ${previous?.slice(0, 12)}`;
  byId("history").hidden = !answer?.changes.length;
  if (!answer) return;
  if (answer.data.length === 0) say("bundles", "The registry has no encoder yet.");
  bundleList.show(answer.data);
  byId("changes").replaceChildren(...changeEntries(answer.changes));
}

async function showJobs(): Promise<void> {
  const absent = "This endpoint has no queue of jobs.";
  const answer = await list<{ data: Job[]; next: string | null }>(
    `/v1/jobs?limit=${mostJobs}`,
    "jobs",
    "no_jobs",
    absent,
  );
  byId("more-jobs").hidden = !answer?.next || mostJobs === MOST_JOBS;
  if (!answer) return;
  if (answer.data.length === 0) say("jobs", "No job was filed yet.");
  jobList.show(answer.data);
}

/** What the endpoint lists, or undefined where it does not, and the page says why. */
async function list<Answer>(
  path: string,
  name: "bundles" | "jobs",
  absentCode: string,
  absent: string,
): Promise<Answer | undefined> {
  try {
    const answer = await ask<Answer>(path);
    byId(`no-${name}`).hidden = true;
    found();
    return answer;
  } catch (error) {
    if (!(error instanceof EndpointError)) {
      isLost = true;
      return trouble(error as Error);
    }
    found();
    // Keys have rights of their own for each: the form asks for one only if it is not known at all.
    if (error.status === 401) askForKey(error);
    say(name, error.code === absentCode || error.status === 404 ? absent : error.message);
    return undefined;
  }
}

/** The endpoint answers again, if it did not: what was said of that is so no more. */
function found(): void {
  if (isLost) byId("trouble").hidden = true;
  isLost = false;
}

function say(name: "bundles" | "jobs", text: string): void {
  const note = byId(`no-${name}`);
  note.textContent = text;
  note.hidden = false;
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
  if (!confirm(`Serve ${previous?.slice(0, 12)} again, the encoder before the current one?`)) return;
  await change("/v1/bundles/current", "DELETE", "Rolled back");
}

async function cancel({ id, spec }: Job): Promise<void> {
  if (!confirm(`Cancel this ${spec.kind}?`)) return;
  await change(`/v1/jobs/${id}/cancelled`, "PUT", "Cancelled");
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
byId("more-jobs").addEventListener("click", async () => {
  mostJobs = Math.min(MOST_JOBS, mostJobs + JOBS);
  await showJobs();
});
onKey(show);
follow();
