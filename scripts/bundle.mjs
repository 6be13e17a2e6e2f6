// Bundles the modules of each page into one file in frontend/static/vendor/bundle, so that a page needs few requests.
// The service sends the bundles while `sources` in bundle.json is the digest of the modules, else the modules.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const STATIC = "frontend/static";
const MODULES = `${STATIC}/js`;
const BUNDLE = "vendor/bundle";
const OUT = `${STATIC}/${BUNDLE}`; // two folders below `static`, as the modules, for addresses relative to a module
const FRAME = "js/pages/frame.js";
const EARLY = "js/inference/preload.js";
const WORKER = "js/inference/worker.js";
const TEMPLATES = "frontend/templates";
const SCRIPT = /src="\/static\/js\/pages\/([^"]+)"/g;

const common = {
    bundle: true,
    format: "esm",
    target: "es2023",
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    outdir: OUT,
    logLevel: "warning",
};

function digest() {
    const hash = createHash("sha256");
    const names = readdirSync(MODULES, { recursive: true }).filter((name) => name.endsWith(".js"));
    for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(MODULES, name)));
    return hash.digest("hex");
}

/** Files that a page with this entry loads at once, nearest first. */
function files({ outputs }) {
    const found = new Set([Object.keys(outputs).find((name) => outputs[name].entryPoint)]);
    for (const name of found)
        for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") found.add(path);
    return [...found].map((name) => name.slice(STATIC.length + 1));
}

/** Frame and page as one bundle; what is imported on demand stays apart. */
async function bundlePage(name) {
    const contents = `import "./frame.js"; export * from "./${name}";`;
    const stdin = { contents, resolveDir: `${MODULES}/pages` };
    const { metafile } = await build({ ...common, stdin, splitting: true, entryNames: basename(name, ".js") });
    return [`js/pages/${name}`, { files: files(metafile), includes: [FRAME] }];
}

async function bundleAlone(script, ...others) {
    const { metafile } = await build({ ...common, entryPoints: [`${STATIC}/${script}`] });
    return [script, { files: [...files(metafile), ...others], includes: [] }];
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const sources = digest();
const templates = readdirSync(TEMPLATES).map((name) => readFileSync(join(TEMPLATES, name), "utf8"));
const pages = new Set(templates.flatMap((text) => [...text.matchAll(SCRIPT)].map(([, name]) => name)));
pages.delete(basename(FRAME));
const bundles = await Promise.all([
    ...[...pages].map(bundlePage),
    bundleAlone(FRAME),
    bundleAlone(EARLY, `${BUNDLE}/${basename(WORKER)}`),
    bundleAlone(WORKER),
]);
writeFileSync(`${OUT}/.bundle.json`, JSON.stringify({ sources, scripts: Object.fromEntries(bundles) }, null, 1));
renameSync(`${OUT}/.bundle.json`, `${OUT}/bundle.json`);
