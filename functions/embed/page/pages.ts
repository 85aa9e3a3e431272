import { type Handler, Hono } from "hono";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { answerFile, answerScript } from "./answer_file.ts";
import adminStyle from "./browser/admin.css" with { type: "text" };
import adminHtml from "./browser/admin.html" with { type: "text" };
import admin from "./browser/admin.ts" with { type: "text" };
import ask from "./browser/ask.ts" with { type: "text" };
import bundleEntry from "./browser/bundle_entry.ts" with { type: "text" };
import changeEntries from "./browser/change_entries.ts" with { type: "text" };
import curves from "./browser/curves.ts" with { type: "text" };
import element from "./browser/element.ts" with { type: "text" };
import entryList from "./browser/entry_list.ts" with { type: "text" };
import example from "./browser/example.ts" with { type: "text" };
import formatDate from "./browser/format_date.ts" with { type: "text" };
import formatTime from "./browser/format_time.ts" with { type: "text" };
import gallery from "./browser/gallery.ts" with { type: "text" };
import icon from "./browser/icon.svg" with { type: "text" };
import html from "./browser/index.html" with { type: "text" };
import intake from "./browser/intake.ts" with { type: "text" };
import jobEntry from "./browser/job_entry.ts" with { type: "text" };
import key from "./browser/key.ts" with { type: "text" };
import lineChart from "./browser/line_chart.ts" with { type: "text" };
import main from "./browser/main.ts" with { type: "text" };
import makeCopies from "./browser/make_copies.ts" with { type: "text" };
import matrix from "./browser/matrix.ts" with { type: "text" };
import nearest from "./browser/nearest.ts" with { type: "text" };
import picture from "./browser/picture.ts" with { type: "text" };
import progress from "./browser/progress.ts" with { type: "text" };
import samples from "./browser/samples.ts" with { type: "text" };
import style from "./browser/style.css" with { type: "text" };
import { CLIENT_FILE } from "./client_file.ts";
import collectionApi from "./browser/collection_api.ts" with { type: "text" };
import collectionCards from "./browser/collection_cards.ts" with { type: "text" };
import collectionContents from "./browser/collection_contents.ts" with { type: "text" };
import collectionFigures from "./browser/collection_figures.ts" with { type: "text" };
import collectionPanel from "./browser/collection_panel.ts" with { type: "text" };
import collectionView from "./browser/collection_view.ts" with { type: "text" };
import confirmDeletion from "./browser/confirm_deletion.ts" with { type: "text" };
import formatBytes from "./browser/format_bytes.ts" with { type: "text" };
import putFiles from "./browser/put_files.ts" with { type: "text" };
import thumbnails from "./browser/thumbnails.ts" with { type: "text" };
import views from "./browser/views.ts" with { type: "text" };
import collectionStyle from "./browser/collection.css" with { type: "text" };
import compareStyle from "./browser/compare.css" with { type: "text" };
import balconies from "./samples/balconies.jpg" with { type: "bytes" };
import cathedral from "./samples/cathedral.jpg" with { type: "bytes" };
import forest from "./samples/forest.jpg" with { type: "bytes" };
import pickup from "./samples/pickup.jpg" with { type: "bytes" };
import sea from "./samples/sea.jpg" with { type: "bytes" };
import yellowHouse from "./samples/yellow-house.jpg" with { type: "bytes" };

/** Everything comes from the endpoint itself; `blob:` shows the pictures that were dropped. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "blob:"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
};

/** By their names below `/page/`, which are those that the files import each other by. */
const SCRIPTS = {
  "admin.ts": admin,
  "ask.ts": ask,
  "bundle_entry.ts": bundleEntry,
  "change_entries.ts": changeEntries,
  "curves.ts": curves,
  "element.ts": element,
  "entry_list.ts": entryList,
  "example.ts": example,
  "format_date.ts": formatDate,
  "format_time.ts": formatTime,
  "gallery.ts": gallery,
  "intake.ts": intake,
  "job_entry.ts": jobEntry,
  "key.ts": key,
  "line_chart.ts": lineChart,
  "main.ts": main,
  "make_copies.ts": makeCopies,
  "matrix.ts": matrix,
  "nearest.ts": nearest,
  "picture.ts": picture,
  "progress.ts": progress,
  "collection_api.ts": collectionApi,
  "collection_cards.ts": collectionCards,
  "collection_contents.ts": collectionContents,
  "collection_figures.ts": collectionFigures,
  "collection_panel.ts": collectionPanel,
  "collection_view.ts": collectionView,
  "confirm_deletion.ts": confirmDeletion,
  "format_bytes.ts": formatBytes,
  "put_files.ts": putFiles,
  "thumbnails.ts": thumbnails,
  "views.ts": views,
  "samples.ts": samples,
};

const SAMPLES = { balconies, cathedral, forest, pickup, sea, "yellow-house": yellowHouse };

/** What the endpoint serves to browsers: its page, and its client for pages elsewhere. */
export function createPages(): Hono {
  const pages = new Hono();
  const secure = secureHeaders({
    contentSecurityPolicy: POLICY,
    // Whether there is TLS, and isolation by origin, is for whoever puts this behind it to say.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  const get = (path: string, handler: Handler) => pages.get(path, etag(), secure, handler);

  get("/", answerFile("text/html; charset=utf-8", html));
  get("/admin", answerFile("text/html; charset=utf-8", adminHtml));
  get("/page/admin.css", answerFile("text/css; charset=utf-8", adminStyle));
  get("/page/style.css", answerFile("text/css; charset=utf-8", style));
  get("/page/compare.css", answerFile("text/css; charset=utf-8", compareStyle));
  get("/page/collection.css", answerFile("text/css; charset=utf-8", collectionStyle));
  get("/page/icon.svg", answerFile("image/svg+xml", icon));
  for (const [name, text] of Object.entries(SCRIPTS)) get(`/page/${name}`, answerScript(text));
  for (const [name, bytes] of Object.entries(SAMPLES)) {
    get(`/page/samples/${name}.jpg`, answerFile("image/jpeg", bytes));
  }
  pages.get("/client.js", etag(), answerScript(CLIENT_FILE, { "X-TypeScript-Types": "/client.ts" }));
  pages.get("/client.ts", etag(), answerFile("application/typescript; charset=utf-8", CLIENT_FILE));
  return pages;
}
