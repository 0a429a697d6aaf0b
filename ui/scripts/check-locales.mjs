// Checks the one catalogue: the same keys and places in both languages, no key that nobody uses, nothing
// that only one of its two readers (vue-i18n, Rust) would understand, and no literal text in templates.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parse } from 'vue/compiler-sfc'

const ui = dirname(dirname(fileURLToPath(import.meta.url)))
const repository = dirname(ui)

/**
 * The beginnings of keys that are put together at run time: what comes after them has to be a name that the program
 * knows.
 */
const COMPUTED = [
  'check.',
  'probe.',
  'cli.token.',
  'command.',
  'connection.',
  'failure.',
  'field.',
  'kind.',
  'network.',
  'notice.',
  'palette.',
  'reason.',
  'state.',
  'template.',
  'storage.',
  'reading.kind.',
  'reading.via.',
  'shortcuts.',
  'source.keep_in.',
  'source.secret.',
  'undo.',
  'untold.',
  'verdict.',
  'why.',
  'settings.part.',
  'reading.snooze_',
  'settings.reply_',
  'settings.expire_',
  'settings.retention_',
  'settings.priority_',
  'settings.notify_',
  'settings.sound_',
  'settings.icon_',
  'settings.colour_',
  'advanced.',
  'advanced.after_',
  'setup.method_',
  'inbox.empty_',
  'filter.priority_',
  'filter.days_',
  'prefs.theme_',
]
/** Words that are the same in every language. */
const NAMES = new Set(['Belfry', '·', 'HTTP/'])

const problems = []

function leaves(node, path = '', into = new Map()) {
  for (const [name, value] of Object.entries(node)) {
    const key = path === '' ? name : `${path}.${name}`
    if (typeof value === 'string') into.set(key, value)
    else leaves(value, key, into)
  }
  return into
}

function files(folder, endings, into = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !['node_modules', 'target', 'generated'].includes(entry.name))
      files(path, endings, into)
    else if (endings.some((ending) => entry.name.endsWith(ending))) into.push(path)
  }
  return into
}

const catalogue = Object.fromEntries(
  ['en', 'zh-CN'].map((name) => [
    name,
    leaves(JSON.parse(readFileSync(join(ui, 'locales', `${name}.json`), 'utf8'))),
  ]),
)
const places = (text) => [...text.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]).sort()

for (const [name, other] of [
  ['en', 'zh-CN'],
  ['zh-CN', 'en'],
]) {
  for (const [key, text] of catalogue[name]) {
    const twin = catalogue[other].get(key)
    if (twin === undefined) problems.push(`${other}.json lacks ${key}`)
    else if (name === 'en' && places(text).join() !== places(twin).join())
      problems.push(`${key}: the places differ`)
    if (text.trim() === '') problems.push(`${name}.json: ${key} is empty`)
    if (/[|@]|\{\s|\{'|\s\}/.test(text))
      problems.push(`${name}.json: ${key} has a sign that vue-i18n reads in its own way`)
    if (places(text).some((place) => !/^[a-z_]+$/.test(place)))
      problems.push(`${name}.json: ${key} has an odd place`)
    const [, base, form] = /^(.*)_(one|other)$/.exec(key) ?? []
    if (base && !catalogue[name].has(`${base}_${form === 'one' ? 'other' : 'one'}`))
      problems.push(`${key} has no twin`)
  }
}

const vue = files(join(ui, 'src'), ['.vue'])
const sources = [...vue, ...files(join(ui, 'src'), ['.ts']), ...files(join(repository, 'src-tauri'), ['.rs'])]
const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n')
const generated = files(join(ui, 'src/bridge/generated'), ['.ts'])
/** What the program calls things: texts and numbers of its own, and the names that Rust sends. */
const known = new Set(
  [text, ...generated.map((path) => readFileSync(path, 'utf8'))]
    .flatMap((source) => [...source.matchAll(/["'`]([a-z0-9_]+)["'`]|\b([a-z_]+)\??:|\b([\d_]+)\b/g)])
    .map(([, quoted, name, digits]) => quoted ?? name ?? digits.replaceAll('_', '')),
)
const literal = new Set(
  [...text.matchAll(/["'`]([a-z0-9_]+(?:\.[a-z0-9_]+)+)["'`]/g)].map((match) => match[1]),
)
for (const key of catalogue.en.keys()) {
  const base = key.replace(/_(one|other)$/, '')
  const isNamed = (end) =>
    end
      .replace(/_hint$/, '')
      .split('.')
      .every((part) => known.has(part))
  const computed = COMPUTED.some(
    (start) =>
      base.startsWith(start) && (isNamed(base.slice(start.length)) || isNamed(key.slice(start.length))),
  )
  if (!computed && !literal.has(key) && !literal.has(base)) problems.push(`${key} is used nowhere`)
}

/** Reports text and spoken attributes that are written out in a template. */
function literals(node, file) {
  const TEXT = 2
  const INTERPOLATION = 5
  const ATTRIBUTE = 6
  const DIRECTIVE = 7
  const SPOKEN = ['aria-label', 'title', 'placeholder', 'alt', 'hint', 'label', 'words', 'submit']
  const report = (what, { loc }) => problems.push(`${file}:${loc.start.line}: literal text “${what.trim()}”`)
  if (node.type === TEXT) {
    const words = node.content.split(/\s+/).filter((word) => word !== '')
    if (words.some((word) => /\p{L}|\p{N}/u.test(word) && !NAMES.has(word))) report(node.content, node)
  }
  // A key or the name of a class is written in small letters without spaces.
  const spoken = (expression) => {
    for (const [, quoted] of expression.content.matchAll(/'([^']*)'/g)) {
      if (/\p{L}/u.test(quoted) && !/^([a-z0-9_.-]+|\{\w+\})$/.test(quoted)) report(quoted, expression)
    }
    for (const [, quoted] of expression.content.matchAll(/`([^`]*)`/g)) {
      const written = quoted.replace(/\$\{[^}]*\}/g, '')
      if (/\p{L}/u.test(written) && !/^[a-z0-9_.-]+$/.test(written) && !NAMES.has(written))
        report(quoted, expression)
    }
  }
  if (node.type === INTERPOLATION) spoken(node.content)
  for (const prop of node.props ?? []) {
    if (prop.type === DIRECTIVE && SPOKEN.includes(prop.arg?.content) && prop.exp) spoken(prop.exp)
    if (prop.type === ATTRIBUTE && SPOKEN.includes(prop.name) && prop.value) report(prop.value.content, prop)
  }
  for (const child of node.children ?? []) literals(child, file)
}

/** Reports sentences that are written out in a script. Errors are for those who read the program. */
function sentences(script, file) {
  const code = script.replace(/\/\*[^]*?\*\/|(^|\s)\/\/.*$/gm, '').replace(/\bError\(.*\)/g, '')
  for (const [, quoted] of code.matchAll(/["'`]([^"'`\n]*)["'`]/g)) {
    if (/^\p{Lu}\p{Ll}+ \p{L}|\p{Script=Han}/u.test(quoted))
      problems.push(`${file}: literal text “${quoted}”`)
  }
}

for (const path of vue) {
  const { descriptor } = parse(readFileSync(path, 'utf8'))
  if (descriptor.template?.ast) literals(descriptor.template.ast, relative(ui, path))
  for (const script of [descriptor.script, descriptor.scriptSetup])
    if (script) sentences(script.content, relative(ui, path))
}

for (const problem of problems) console.error(problem)
console.log(`${catalogue.en.size} keys in 2 languages, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
