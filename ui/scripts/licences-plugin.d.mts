import type { Plugin } from 'vite'

/** The plug-in. `isReal` says whether this build is one for the desktop. */
export function licences(isReal: boolean): Plugin
