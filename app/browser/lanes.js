import { api } from "./api.js";

const HOST = "io.github.lanesapp.lanes";
/** Time for the first answer, in milliseconds; without one the browser continues by itself. */
const ANSWER = 1000;
/** Time for Lanes to start, in milliseconds. Chromium holds a download for 15 s. */
const START = 12000;

/**
 * Hands downloads to Lanes, which is started if it does not run. Never fails.
 *
 * @returns `{ isTaken: true }`, or `{ isTaken: false, reason }`
 */
export async function handOver(downloads) {
  const answer = await ask({ type: "add", downloads, until: Date.now() + ANSWER });
  return answer.type === "taken" ? { isTaken: true } : { isTaken: false, reason: answer.error ?? "unknown answer" };
}

/** Returns `{ version, isRunning }` of Lanes, or `{ error }`. */
export async function hello() {
  return ask({ type: "hello" });
}

/** Sends a message and returns the answer; one of the type `failed` without an answer in time. */
function ask(message) {
  return new Promise((resolve) => {
    let port;
    let timer;
    const end = (answer) => {
      clearTimeout(timer);
      port?.disconnect();
      resolve(answer);
    };
    const fail = (error) => end({ type: "failed", error });
    const wait = (time) => {
      clearTimeout(timer);
      timer = setTimeout(() => fail(`no answer within ${time / 1000} s`), time);
    };
    wait(ANSWER);
    try {
      port = api.runtime.connectNative(HOST);
    } catch (error) {
      return fail(error.message);
    }
    port.onDisconnect.addListener(() => {
      // Read in any case: Chromium reports an error that was not read.
      const error = api.runtime.lastError ?? port.error;
      fail(error?.message ?? "Lanes ended without an answer");
    });
    port.onMessage.addListener((answer) => {
      if (answer?.type === "starting") {
        wait(START);
      } else {
        end(answer ?? {});
      }
    });
    port.postMessage(message);
  });
}
