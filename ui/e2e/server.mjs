// Serves the built window as the desktop program does: under its content security policy, with
// index.html for every address that is no file.
import { fileURLToPath } from 'node:url'

import { build, preview } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds the window on the fake backend and serves it on a free port of loopback. */
export async function serve() {
  await build({ root, mode: 'fake', logLevel: 'warn' })
  const server = await preview({
    root,
    mode: 'fake',
    logLevel: 'warn',
    preview: { host: '127.0.0.1', port: 0, strictPort: false },
    build: { outDir: '../target/ui/site' },
  })
  const { port } = server.httpServer.address()
  return { url: `http://127.0.0.1:${port}`, close: () => server.httpServer.close() }
}
