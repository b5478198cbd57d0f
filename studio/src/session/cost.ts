/** What a show costs, between two answers of the API: from what runs, since when, and at which rate. */

import type { components } from "../api/schema";

type Rate = components["schemas"]["Rate"];
type Standing = Pick<components["schemas"]["SessionNow"], "budget" | "warnings">;

/** Dollars of what runs, until `now` (ms); what has a least time is billed for it however short it was. */
export function spent(rates: Rate[], now: number): number {
  return rates.reduce((sum, rate) => {
    const seconds = Math.max(now - Date.parse(rate.since), rate.least_seconds * 1000) / 1000;
    return sum + ((rate.dollars_per_hour ?? 0) * seconds) / 3600;
  }, 0);
}

/** What was told at `toldAt` (ms), and what has come on top since. */
export function costNow(told: number, toldAt: number, rates: Rate[], now: number): number {
  return told + Math.max(0, spent(rates, now) - spent(rates, toldAt));
}

export function perHour(rates: Rate[]): number {
  return rates.reduce((sum, rate) => sum + (rate.dollars_per_hour ?? 0), 0);
}

export function dollars(amount: number): string {
  return amount.toLocaleString("en-US", { style: "currency", currency: "USD" });
}

/** Whole dollars to raise the budget of a start by, half of it, once it was warned of; else 0. */
export function raiseOf({ budget, warnings }: Standing): number {
  return warnings.some((each) => each.kind === "budget") ? Math.ceil(budget.dollars / 2) : 0;
}
