// Ends a build whose files, compressed, are larger than the window may be.
import { gzipSync } from 'node:zlib'

/** The plug-in. `limit` is in bytes, for all scripts and styles together. */
export function bundleLimit(limit) {
  return {
    name: 'belfry-bundle-limit',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.values(bundle).filter(({ fileName }) => /\.(js|css)$/.test(fileName))
        const size = files
          .map((file) => gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length)
          .reduce((sum, each) => sum + each, 0)
        const said = `the window is ${Math.ceil(size / 1_000)} kB compressed; it may be ${limit / 1_000} kB`
        if (size > limit) this.error(said)
      },
    },
  }
}
