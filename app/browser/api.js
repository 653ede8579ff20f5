/** The browser's interface for extensions: Firefox and Chromium name it differently. */
export const api = globalThis.browser ?? globalThis.chrome;
