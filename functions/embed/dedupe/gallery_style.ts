import { raw } from "hono/html";

/** The gallery's style sheet: the reader's own light or dark scheme, and as many pictures in a row as there is room for. */
export const GALLERY_STYLE = raw(`
:root {
  --ink: #1c2024; --faint: #60646c; --ground: #f6f7f8; --card: #fff; --edge: #d9dce1;
  --keep: #0a6cbd; --save: #18794e; --copy: #8a5300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #edeef0; --faint: #a0a4ab; --ground: #14161a; --card: #1e2126; --edge: #363a40;
    --keep: #6cb6ff; --save: #5bd197; --copy: #f0b04f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1240px; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0.5rem 0; font-size: 1.6rem; line-height: 1.2; }
h2 { margin: 0 0 0.6rem; font-size: 1rem; }
p { margin: 0.4rem 0; }
.findings { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; margin: 0.4rem 0; padding: 0; list-style: none; font-weight: 600; }
.faint { color: var(--faint); font-size: 0.85rem; }
label { display: inline-block; padding: 0.5rem 0; }
main { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
section {
  padding: 0.9rem; max-width: 100%; background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
  content-visibility: auto; contain-intrinsic-size: auto 380px auto 300px;
}
body:has(#only:checked) .keeping { display: none; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem 0.8rem; }
figure { margin: 0; width: 168px; font-size: 0.85rem; }
@media (max-width: 460px) {
  section { width: 100%; }
  figure { width: calc(50% - 0.4rem); }
}
figure a { display: grid; place-items: center; height: 160px; background: var(--ground); border-radius: 4px; border-bottom: 3px solid var(--copy); }
figure.canonical a { border-color: var(--keep); }
figure.same-bytes a, figure.replaceable a { border-color: var(--save); }
figure b { color: var(--copy); }
figure.canonical b { color: var(--keep); }
figure.same-bytes b, figure.replaceable b { color: var(--save); }
figure img { max-width: 100%; max-height: 157px; }
figcaption { margin-top: 0.3rem; }
.score { float: right; font-variant-numeric: tabular-nums; }
.path { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
details { margin: 1.5rem 0; }
details ul { padding-left: 1.2rem; }
`);
