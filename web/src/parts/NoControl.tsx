/** Says what a project without a random control cannot show, and where that is set. */
import type { Home } from "../api/types";

export function NoControl({ home, className }: { home: Home; className?: string | undefined }) {
  if (home.control_share > 0) return null;
  return (
    <p className={className}>
      No random labels are drawn as a control, and without one nothing can prove what active
      learning saves. Set <code>control_share</code> under <code>[policy]</code> in{" "}
      <code>querist.toml</code>.
    </p>
  );
}
