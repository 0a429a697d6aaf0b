/// <reference types="vite/client" />

/** Whether this build runs on the fake backend; set in `vite.config.ts`. */
declare const __FAKE_BACKEND__: boolean
