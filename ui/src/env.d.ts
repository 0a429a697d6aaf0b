/// <reference types="vite/client" />

/** Whether this build runs on the fake backend; set in `vite.config.ts`. */
declare const __FAKE_BACKEND__: boolean

declare module 'virtual:licences' {
  /** One package that is inside: `notices` are places in {@link Licences.texts}. */
  export interface Package {
    name: string
    version: string
    /** An SPDX expression. */
    licence: string
    notices: readonly number[]
  }
  export interface Licences {
    packages: readonly Package[]
    texts: readonly string[]
  }
  const licences: Licences
  export default licences
}
