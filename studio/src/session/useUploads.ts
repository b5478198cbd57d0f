import { useEffect, useSyncExternalStore } from "react";
import type { components } from "../api/schema";
import { useForgetLibrary } from "./queries";
import { uploadsFor } from "./uploads";

/** Those that were sent for one thing, which `what` names; of who `arrived` the library knows. */
export function useUploads(what: string, kind: components["schemas"]["MediaView"]["kind"]) {
  const { subscribe, now, send, forget, settle } = uploadsFor(what, kind);
  const { uploads, arrived } = useSyncExternalStore(subscribe, now);
  const forgetLibrary = useForgetLibrary();
  useEffect(() => {
    if (arrived.length > 0) void forgetLibrary();
  }, [arrived]);
  return { uploads, arrived, send, forget, settle };
}
