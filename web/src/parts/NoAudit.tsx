/** Says what a project without an audit set cannot show, and where that is set. */
import type { Home } from "../api/types";

/** Whether no audit set was drawn, nor ever will be under these settings. */
export function isWithoutAudit(home: Pick<Home, "audit" | "audit_size">): boolean {
  return home.audit.wanted === 0 && home.audit_size === 0;
}

export function NoAudit({ home, className }: { home: Home; className?: string | undefined }) {
  if (!isWithoutAudit(home)) return null;
  return (
    <p className={className}>
      No audit set is drawn, and without one no model is measured. Set <code>audit_size</code> under{" "}
      <code>[policy]</code> in <code>querist.toml</code>.
    </p>
  );
}
