// Licences and sources of everything that Belfry is built from: each licence must allow what ours do, and
// each package must come from crates.io or the npm registry.
//
// Works offline. Cargo's sources are checked for every platform (the lock file names them all), its licences
// for the one that this runs on (the others' packages may not be downloaded).
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC0-1.0',
  'CDLA-Permissive-2.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'PSF-2.0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
  'Apache-2.0 WITH LLVM-exception',
])

const problems = []
const count = { crates: 0, npm: 0 }

/** Whether an SPDX expression (with `/` for OR, as old crates write) can be met by what is allowed. */
function allowed(expression) {
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g) ?? []
  let at = 0
  const both = () => {
    let result = one()
    while (tokens[at] === 'AND') {
      at += 1
      result = one() && result
    }
    return result
  }
  const either = () => {
    let result = both()
    while (tokens[at] === 'OR') {
      at += 1
      result = both() || result
    }
    return result
  }
  const one = () => {
    if (tokens[at] === '(') {
      at += 1
      const result = either()
      at += 1
      return result
    }
    let name = tokens[at]
    at += 1
    if (tokens[at] === 'WITH') {
      name = `${name} WITH ${tokens[at + 1]}`
      at += 2
    }
    return ALLOWED.has(name)
  }
  return tokens.length > 0 && either() && at === tokens.length
}

for (const [, source] of readFileSync('Cargo.lock', 'utf8').matchAll(/^source = "(.+)"$/gm)) {
  if (source !== 'registry+https://github.com/rust-lang/crates.io-index') {
    problems.push(`Cargo.lock: a crate from ${source}`)
  }
}

const host = /^host: (.+)$/m.exec(output('rustc', '-vV'))[1]
// A lock file that does not fit the manifests ends this here.
const options = ['--locked', '--format-version', '1', '--filter-platform', host]
const metadata = JSON.parse(output('cargo', 'metadata', ...options))
for (const crate of metadata.packages) {
  count.crates += 1
  if (!allowed(crate.license ?? '')) {
    problems.push(`crate ${crate.name} ${crate.version}: licence ${crate.license ?? 'unknown'}`)
  }
}

const lock = JSON.parse(readFileSync('ui/package-lock.json', 'utf8'))
for (const [path, entry] of Object.entries(lock.packages)) {
  count.npm += 1
  const name = path.split('node_modules/').at(-1)
  const licence = entry.license ?? 'unknown'
  if (!allowed(licence)) problems.push(`npm ${name} ${entry.version}: licence ${licence}`)
  if (entry.resolved !== undefined && !entry.resolved.startsWith('https://registry.npmjs.org/')) {
    problems.push(`npm ${name} ${entry.version}: from ${entry.resolved}`)
  }
}

console.log(`${count.crates} crates and ${count.npm} npm packages looked at`)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

/** What a tool prints; if it fails, this ends with what it said. */
function output(tool, ...options) {
  const limits = { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] }
  const { status, stdout } = spawnSync(tool, options, limits)
  if (status !== 0) process.exit(1)
  return stdout
}
