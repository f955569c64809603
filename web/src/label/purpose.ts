/** Whether an editor labels what the queue asks, or fixes the label of somebody else. */
import { createContext, useContext } from "react";

export type Purpose =
  | { kind: "label" }
  /** Whose label it is; a fix always has a value, so there is no skipping. */
  | { kind: "fix"; of: string };

export const PurposeContext = createContext<Purpose>({ kind: "label" });

export function usePurpose(): Purpose {
  return useContext(PurposeContext);
}
