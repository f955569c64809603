/** Says what a project without an audit set cannot show, and what to do about it. */
import type { Home } from "../api/types";

type Audit = Pick<Home, "audit" | "audit_size" | "rounds">;

function hasDrawn(home: Audit): boolean {
  return home.rounds.some((round) => round.drawn !== null);
}

/** Whether no audit set was drawn, nor will one be from the assets that are there. */
export function isWithoutAudit(home: Audit): boolean {
  return home.audit.wanted === 0 && (home.audit_size === 0 || hasDrawn(home));
}

export function NoAudit({ home, className }: { home: Audit; className?: string | undefined }) {
  if (!isWithoutAudit(home)) return null;
  const setting = <code>audit_size</code>;
  return (
    <p className={className}>
      No audit set is drawn, and without one no model is measured.{" "}
      {hasDrawn(home) ? (
        <>
          None is drawn among assets that may have trained a model: begin a project with {setting}{" "}
          above 0 and at least five assets.
        </>
      ) : (
        <>
          Set {setting} under <code>[policy]</code> in <code>querist.toml</code>.
        </>
      )}
    </p>
  );
}
