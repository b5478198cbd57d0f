/** Doing a thing once, whatever becomes of the answer. */

import { isUnsure } from "../api/answers";

const TRIES = 3; // of a request whose answer was lost: under its key it is done once
const PAUSE = 1000;
const KEPT_FOR = 60_000; // ms after which the same press is another wish

export type Header = { "Idempotency-Key": string };

/** One after the other: what is asked for meanwhile is not begun. */
export class Once {
  isRunning = false;
  private unsure: { what: string; key: string; until: number } | null = null;

  /**
   * Null while another one is on its way. Raises what the last try did.
   *
   * `what` names what would be done twice if it came again: the request, and what it is asked on top of. Where it is not
   * known whether it was done, and it is asked for again, it goes under the same key.
   */
  async act<T>(call: (header: Header) => Promise<T>, what?: string): Promise<T | null> {
    if (this.isRunning) return null;
    this.isRunning = true;
    const key = this.keyOf(what);
    this.unsure = null;
    try {
      return await again(() => call({ "Idempotency-Key": key }), TRIES);
    } catch (error) {
      if (what !== undefined && isUnsure(error)) this.unsure = { what, key, until: Date.now() + KEPT_FOR };
      throw error;
    } finally {
      this.isRunning = false;
    }
  }

  private keyOf(what: string | undefined): string {
    const before = this.unsure;
    return before && before.what === what && Date.now() < before.until ? before.key : crypto.randomUUID();
  }
}

async function again<T>(ask: () => Promise<T>, tries: number): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isUnsure(error) || tries === 1) throw error;
    await new Promise((done) => setTimeout(done, PAUSE));
    return again(ask, tries - 1);
  }
}
