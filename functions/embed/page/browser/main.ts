/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { type BundleInfo, groupCopies, Lookalike } from "/client.js";
import { CollectionView } from "./collection_view.ts";
import { byId } from "./element.ts";
import { showExample } from "./example.ts";
import { Gallery } from "./gallery.ts";
import { takeFiles } from "./intake.ts";
import { askForKey, keptKey, onKey, wantsKey } from "./key.ts";
import { type Edit, makeCopies } from "./make_copies.ts";
import { similarityMatrix } from "./matrix.ts";
import { nearestPanel } from "./nearest.ts";
import { type CopyGroup, copyGroup, isEmbedded, type Picture } from "./picture.ts";
import { fetchSamples } from "./samples.ts";
import { showProgress } from "./progress.ts";
import { followViews, openCollection } from "./views.ts";

/** Copies of the samples that show what an encoder takes for copies, and what can be served for what. */
const COMPARED: Edit[] = ["cropped", "in grey", "compressed", "brighter", "blurred"];
const KEPT: Edit[] = ["saved again", "half the size", "compressed", "cropped", "blurred"];

let lookalike = connect();
let bundle: BundleInfo | undefined;
const pictures: Picture[] = [];
let groups: CopyGroup[] = [];
let chosen: Picture | undefined;
let isShown = true;
const gallery = new Gallery(byId("gallery"), choose);

/** One picture per upload, since the page tells what each took. */
function connect(): Lookalike {
  return new Lookalike({ url: location.origin, key: keptKey(), batch: 1 });
}

function add(files: File[]): void {
  const added = files.map((blob): Picture => ({
    name: blob.name,
    blob,
    url: URL.createObjectURL(blob),
    stop: new AbortController(),
  }));
  pictures.push(...added);
  chosen ??= added[0];
  added.forEach(embed);
  showSoon();
}

async function embed(picture: Picture): Promise<void> {
  delete picture.error;
  try {
    picture.embedding = await lookalike.embed(picture.blob, picture.stop);
    bundle = await lookalike.bundle();
    dropOthers(picture.embedding.bundle);
  } catch (error) {
    if (picture.stop.signal.aborted) return;
    picture.error = error as Error;
    if (wantsKey(picture.error)) askForKey(picture.error);
  }
  showSoon();
}

/** Vectors of two bundles cannot be compared: those of an encoder that the endpoint had before are let go. */
function dropOthers(bundle: string): void {
  for (const picture of pictures) {
    if (picture.embedding === undefined || picture.embedding.bundle === bundle) continue;
    delete picture.embedding;
    picture.error = new Error("The endpoint has another encoder since: add this picture again");
  }
}

function remove(picture: Picture): void {
  picture.stop.abort();
  URL.revokeObjectURL(picture.url);
  const index = pictures.indexOf(picture);
  pictures.splice(index, 1);
  if (chosen === picture) chosen = pictures[Math.min(index, pictures.length - 1)];
  showSoon();
}

function choose(picture: Picture): void {
  chosen = picture;
  showPictures();
  byId("nearest").scrollIntoView({ block: "nearest" });
}

/** Shows everything anew before the next frame, however much changes until then. */
function showSoon(): void {
  if (!isShown) return;
  isShown = false;
  requestAnimationFrame(show);
}

function show(): void {
  isShown = true;
  const embedded = pictures.filter(isEmbedded);
  const sets = groupCopies(embedded.map(({ embedding }) => embedding), copyThreshold())
    .map((indices) => indices.map((i) => embedded[i]!));
  groups = sets.filter(({ length }) => length > 1).map((members, i) => copyGroup(i, members));
  const alone = sets.filter(({ length }) => length === 1).flat();

  byId("results").hidden = byId("bar").hidden = pictures.length === 0;
  document.body.classList.toggle("with-pictures", pictures.length > 0);
  showProgress(pictures, groups.length);
  showPictures();
  byId("matrix").replaceChildren(
    ...embedded.length > 1 ? similarityMatrix(groups, alone, copyThreshold()) : [],
  );
}

function showPictures(): void {
  gallery.show(pictures, groups, chosen);
  const panel = byId("nearest");
  const focused = panel.contains(document.activeElement) ? document.activeElement!.id : undefined;
  const group = groups.find(({ members }) => members.some((member) => member === chosen));
  panel.style.setProperty("--hue", String(group?.hue ?? 0));
  panel.replaceChildren(
    ...chosen ? nearestPanel(chosen, { pictures, copyThreshold: copyThreshold(), addCopies, remove }) : [],
  );
  if (focused) byId(focused)?.focus({ preventScroll: true });
}

function copyThreshold(): number {
  return bundle?.copyThreshold ?? 1;
}

function addCopies({ name, blob }: Picture): void {
  addWhenReady(makeCopies(name, blob));
}

/** Adds the files that are being made or fetched, or says why there are none. */
async function addWhenReady(files: Promise<File[]>): Promise<void> {
  const trouble = byId("trouble");
  try {
    add(await files);
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = `Cannot add these pictures: ${(error as Error).message}`;
    trouble.hidden = false;
  }
}

const collection = new CollectionView(openCollection);
const shownView = followViews((name) => collection.show(name));

takeFiles(["files", "collection-files"], (files) => {
  if (shownView() === "collection") collection.put(files);
  else add(files);
});
onKey(() => {
  lookalike = connect();
  pictures.filter(({ error }) => wantsKey(error)).forEach(embed);
  showSoon();
  if (shownView() === "collection") collection.reload();
});
byId("collection-samples").addEventListener("click", () => collection.put(fetchSamples(KEPT)));
byId("samples").addEventListener("click", () => addWhenReady(fetchSamples(COMPARED)));
byId("clear").addEventListener("click", () => [...pictures].forEach(remove));
showExample();
