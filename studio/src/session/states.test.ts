import { expect, test } from "vitest";
import { told } from "./states";

test("a failure is told with its reason and with what can be done", () => {
  const message = "The last start failed; POST .../streaming/start tries again.";
  const failed = (reason: string) => told({ state: "failed", reason, message });
  expect(failed("The limit of channels is reached.")).toBe("The limit of channels is reached. It can go live again.");
  expect(failed("AWS refused CreateChannel: no role")).toBe(
    "AWS refused CreateChannel: no role. It can go live again.",
  );
});
