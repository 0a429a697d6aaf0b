// What differs between two folders of pictures: `node e2e/compare.mjs BEFORE NOW`. Of each picture that
// changed, NOW/changed gets one with the changed pixels in red. Ends with 1 where anything differs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'

const [before, now] = process.argv.slice(2)
const changed = join(now, 'changed')
const picture = (folder, name) => PNG.sync.read(readFileSync(join(folder, name)))
const names = (folder) => readdirSync(folder).filter((name) => name.endsWith('.png') && name !== 'failed.png')

/** What is to be said of a picture that both folders have; nothing when it is the same. */
function difference(name) {
  const [old, fresh] = [picture(before, name), picture(now, name)]
  const { width, height } = fresh
  if (old.width !== width || old.height !== height)
    return `${old.width}×${old.height} became ${width}×${height}`
  const marked = new PNG({ width, height })
  const pixels = pixelmatch(old.data, fresh.data, marked.data, width, height, { threshold: 0.1 })
  if (pixels === 0) return undefined
  writeFileSync(join(changed, name), PNG.sync.write(marked))
  return `${pixels} pixels of ${width * height}`
}

rmSync(changed, { recursive: true, force: true })
mkdirSync(changed, { recursive: true })
const [old, fresh] = [new Set(names(before)), new Set(names(now))]
const lines = [...new Set([...old, ...fresh])].sort().flatMap((name) => {
  if (!fresh.has(name)) return [`gone     ${name}`]
  if (!old.has(name)) return [`new      ${name}`]
  const what = difference(name)
  return what ? [`changed  ${name}: ${what}`] : []
})
for (const line of lines) console.log(line)
console.log(`${fresh.size} pictures, ${lines.length} differ; the marked ones are in ${changed}`)
process.exitCode = lines.length === 0 ? 0 : 1
