// What Belfry's programs are built from, with the texts of the licences: prints JSON for the window's "About".
//
// Works offline on what cargo and npm have put on this computer, as their lock files name it. Crates are those of
// this platform that are linked into a program; npm's are those that the window is made of.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NOTICE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

const texts = [];
const packages = [];

/** The places in `texts` of whatever notices lie in a folder. */
function notices(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .filter(
      ({ name }) =>
        NOTICE.test(name) && !/\.(rs|js|ts|mjs|cjs|html)$/.test(name),
    )
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), "utf8")
        .replaceAll("\r\n", "\n")
        .trim();
      const known = texts.indexOf(text);
      return known >= 0 ? known : texts.push(text) - 1;
    });
}

/** What a tool prints; if it fails, this ends with what it said. */
function output(tool, ...options) {
  const limits = {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
  };
  const { status, stdout } = spawnSync(tool, options, limits);
  if (status !== 0) process.exit(1);
  return stdout;
}

function crates() {
  const host = /^host: (.+)$/m.exec(output("rustc", "-vV"))[1];
  const options = [
    "--locked",
    "--format-version",
    "1",
    "--filter-platform",
    host,
  ];
  const metadata = JSON.parse(output("cargo", "metadata", ...options));
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const own = new Set(metadata.workspace_members);
  const programs = metadata.packages.filter(
    ({ id, targets }) =>
      own.has(id) && targets.some(({ kind }) => kind.includes("bin")),
  );
  const linked = new Set();
  const queue = programs
    .filter(({ name }) => name !== "belfry-tests")
    .map(({ id }) => id);
  while (queue.length > 0) {
    const id = queue.pop();
    if (linked.has(id)) continue;
    linked.add(id);
    const deps = nodes
      .get(id)
      .deps.filter(({ dep_kinds }) =>
        dep_kinds.some(({ kind }) => kind === null),
      );
    queue.push(...deps.map(({ pkg }) => pkg));
  }
  for (const crate of metadata.packages) {
    if (!linked.has(crate.id) || own.has(crate.id)) continue;
    packages.push({
      name: crate.name,
      version: crate.version,
      licence: (crate.license ?? "")
        .replaceAll("/", " OR ")
        .replace(/\s+/g, " "),
      notices: notices(dirname(crate.manifest_path)),
    });
  }
}

function npm() {
  const lock = JSON.parse(
    readFileSync(join(root, "ui/package-lock.json"), "utf8"),
  );
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "" || entry.dev === true || entry.optional === true) continue;
    packages.push({
      name: path.split("node_modules/").at(-1),
      version: entry.version,
      licence: entry.license ?? "",
      notices: notices(join(root, "ui", path)),
    });
  }
}

crates();
npm();
packages.sort(
  (a, b) =>
    a.name.localeCompare(b.name, "en") ||
    a.version.localeCompare(b.version, "en"),
);
process.stdout.write(JSON.stringify({ packages, texts }));
