import { expect, test } from "vitest";
import { partsOf, sessionPath } from "./router";

test("an address has parts, which may hold anything", () => {
  expect(partsOf("/")).toEqual([]);
  expect(partsOf(sessionPath("a b/c", "executions"))).toEqual(["sessions", "a b/c", "executions"]);
});

test("what somebody typed need not be an address", () => {
  expect(partsOf("/sessions/%E0")).toEqual(["sessions", "%E0"]);
});
