// Gives the window the licences of what it and the programs are made of, as `virtual:licences`: made anew at each
// build for the desktop; a few lines stand in for them in tests and on the fake backend.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const NAME = 'virtual:licences'
const SAMPLE = {
  packages: [
    { name: 'element-plus', version: '2.14.5', licence: 'MIT', notices: [0] },
    { name: 'tokio', version: '1.0.0', licence: 'MIT', notices: [0] },
    { name: 'zbus', version: '5.0.0', licence: 'MIT OR Apache-2.0', notices: [0, 1] },
    { name: 'without-a-text', version: '0.1.0', licence: 'BSD-3-Clause', notices: [] },
  ],
  texts: ['MIT License\n\nPermission is hereby granted, free of charge …', 'Apache License\nVersion 2.0 …'],
}

function made() {
  const script = fileURLToPath(new URL('../../scripts/notices.mjs', import.meta.url))
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] }
  const { status, stdout } = spawnSync(process.execPath, [script], options)
  if (status !== 0) throw new Error('the licences could not be gathered')
  return stdout
}

/** The plug-in. `isReal` says whether this build is one for the desktop. */
export function licences(isReal) {
  return {
    name: 'belfry-licences',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => {
      if (id !== `\0${NAME}`) return null
      const json = isReal ? made() : JSON.stringify(SAMPLE)
      return `export default JSON.parse(${JSON.stringify(json)})`
    },
  }
}
